// SPDX-License-Identifier: MIT
// What goes over the socket, as docs/rpc.md has it.

export type Lang = 'en' | 'de';
export type Words = Record<Lang, string>;
export type Side = 'left' | 'right' | 'both';
export type ChairState =
  | 'fault' | 'inhibited' | 'ready' | 'preheat' | 'homing' | 'massage' | 'paused' | 'retracting' | 'service';
export const ZONES = ['lower_back', 'glute_left', 'glute_right', 'thigh_left', 'thigh_right', 'calf_left', 'calf_right'] as const;
export type Zone = (typeof ZONES)[number];
export type Pad = 'lower_back' | 'glute_left' | 'glute_right' | 'leg_left' | 'leg_right';
export type Roller = 'back' | 'seat_left' | 'seat_right' | 'leg_left' | 'leg_right';
export type Technique = 'rest' | 'stroke' | 'knead' | 'deep' | 'press' | 'roll' | 'flush';

export interface Cause {
  code: string;
  cause: string;
  effect: string;
  active: boolean;
  latched: boolean;
  first_out: boolean;
  age_s: number;
  text: string;
  details: string[];
}

export interface StateDoc {
  seq: number;
  time: string;
  uptime_s: number;
  chair: string;
  state: ChairState;
  program: string | null;
  side: Side | null;
  phase: { name: string; index: number; count: number; technique: Technique; remaining_s: number } | null;
  progress_pct: number;
  remaining_s: number;
  level: number;
  level_aim: number;
  levels: Partial<Record<Zone, number>>;
  heat: {
    on: boolean;
    set_c: number;
    dose_warning: boolean;
    pads: Record<Pad, { pad_c: number | null; set_c: number; heating: boolean; dose_cem43: number }>;
  };
  heat_only: boolean;
  scan: { result: 'none' | 'found' | 'no_body'; running: boolean };
  seat_occupied: boolean;
  permits: { power: boolean; motion: boolean; heat: boolean; start: boolean };
  inhibits: Cause[];
  faults: Cause[];
  child_lock: boolean;
  ask: { kind: 'start' | 'resume'; program: string; side: Side; remaining_s: number; expires_s: number } | null;
  resume: { program: string; side: Side; remaining_s: number; expires_s: number } | null;
  limits?: { checked_in: boolean; level_max: number; gentle: boolean; heat_allowed: boolean };
  spot?: { zone: Zone; spot: number } | null;
  /** Where the zones are on this body along a roller's travel. */
  zones?: Record<Zone, { roller: Roller; from_mm: number; to_mm: number }>;
}

export interface Telemetry {
  rollers: Record<Roller, {
    travel_mm: number | null;
    depth_mm: number | null;
    force_n: number | null;
    level_n: number;
    stage: string;
  }>;
}

export interface Program {
  id: string;
  title: Words;
  summary: Words;
  evidence: 'none' | 'very_low' | 'low' | 'moderate';
  suits: CauseOfPain[];
  sides: Side[];
  minutes: number;
  phases: { name: string; minutes: number; technique: Technique; heat_c?: number; steered: boolean; zones: string[] }[];
}

export type CauseOfPain = 'piriformis' | 'disc_herniation' | 'spinal_stenosis' | 'muscular' | 'unknown';

export interface Guest {
  id: number;
  name: string;
  has_pin: boolean;
}

export interface Question {
  id: string;
  kind: 'scale' | 'one' | 'several';
  text: Words;
  help?: Words;
  min?: number;
  max?: number;
  answers?: { id: string; text: Words }[];
}

export interface Questions {
  questions: Question[];
  check_out: Question[];
}

export type Answer = number | string | string[];
export type Answers = Record<string, Answer>;

export interface Refusal {
  reason: string;
  text: string;
}

export interface CheckIn {
  decision: 'go' | 'no_heat' | 'gentle' | 'not_today' | 'help_now';
  title: Words | null;
  text: Words | null;
  reasons: { question: string; answer: string | null; effect: string; text: Words | null }[] | null;
  allowed: boolean;
  repeated: boolean;
  refusal: Refusal | null;
  wait_s: number;
  level_max?: number;
  gentle?: boolean;
  heat_allowed?: boolean;
  see_doctor?: boolean;
  programs?: string[];
}

export interface Exercise {
  id: string;
  title: Words;
  steps: Record<Lang, string[]>;
  dosage: Words;
  stop_if: Words;
}

export interface AfterCare {
  cause: string;
  exercises: Exercise[];
  advice: { id: string; title: Words; text: Words }[];
}

export interface CheckOut {
  tolerance: 'good' | 'bad' | 'worse' | 'unknown';
  see_doctor: boolean;
  refusal: Refusal | null;
  wait_s: number;
  advice: Words[];
  after_care: AfterCare | null;
}

export interface Progress {
  sessions: {
    id: number;
    end_s: number;
    program: string;
    side: Side;
    seconds: number;
    level: number;
    pain_before: number | null;
    pain_after: number | null;
    tolerance: string;
  }[];
  count: number;
  change: number | null;
  word: 'better' | 'unchanged' | 'worse' | null;
  text: Words;
  see_doctor: boolean;
}

export interface Balance {
  pairs: {
    part: 'glute' | 'thigh' | 'calf';
    left: { n_mm: number };
    right: { n_mm: number };
    word: 'left_firmer' | 'right_firmer' | 'no_clear_difference';
    trend: 'more_even' | 'less_even' | 'no_clear_change' | null;
  }[];
  text: Words;
}

export interface BusStats {
  ports: {
    name: string;
    open: boolean;
    round_ms: number;
    devices: {
      name: string;
      address: number;
      stage: string;
      requests: number;
      replies: number;
      timeouts: number;
      crc_errors: number;
      age_ms: number | null;
    }[];
  }[];
}

export interface Io {
  inputs: Record<string, boolean | null>;
  outputs: Record<string, boolean>;
}

export interface FaultRow {
  code: string;
  cause: string;
  effect: string;
  active: boolean;
  latched: boolean;
  text: string;
  technician: string;
  clears: string;
}

export interface ChairEvent {
  kind: string;
  ended?: string;
  seconds?: number;
  program?: string;
  text?: string | Words;
  reminder?: string;
  outcome?: string;
}
