// SPDX-License-Identifier: MIT
// The WebSocket: JSON-RPC, one object a frame. Nothing is ever kept for a later connection.

export class Refused extends Error {
  constructor(readonly reason: string, text: string, readonly field?: string) {
    super(text);
  }
}

/** Why there was no answer: `offline`, `lost` on the way, or `no_answer` in time. */
export class NoAnswer extends Error {
  constructor(readonly reason: 'offline' | 'lost' | 'no_answer') {
    super(reason);
  }
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
  timer: number;
}

interface Message {
  id?: number;
  method?: string;
  params?: unknown;
  result?: unknown;
  error?: { message: string; data?: { reason?: string; text?: string; field?: string } };
}

const ANSWER_MS = 5000;
const OPEN_MS = 3000;
const SILENT_MS = 5000; // the state comes once a second
const RETRY_MS = 700;

export class Link {
  private socket: WebSocket | null = null;
  private waiting = new Map<number, Waiting>();
  private nextId = 1;
  private heardAt = 0;
  private openedAt = 0;

  constructor(
    private readonly url: string,
    private readonly onOpen: () => void,
    private readonly onClose: () => void,
    private readonly onNote: (method: string, params: unknown) => void,
  ) {
    this.connect();
    window.setInterval(() => this.watch(), 1000);
  }

  get open(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  private connect(): void {
    const socket = new WebSocket(this.url);

    this.socket = socket;
    this.openedAt = performance.now();
    socket.onopen = () => {
      this.heardAt = performance.now();
      this.onOpen();
    };
    socket.onmessage = (event) => this.take(String(event.data));
    socket.onclose = () => {
      if (this.socket === socket) {
        this.drop();
      }
    };
  }

  /** A connection that hangs, or is silent although the state is due, is none. */
  private watch(): void {
    const now = performance.now();
    const state = this.socket?.readyState;

    if ((state === WebSocket.CONNECTING && now - this.openedAt > OPEN_MS) ||
        (state === WebSocket.OPEN && now - this.heardAt > SILENT_MS)) {
      this.drop();
    }
  }

  private drop(): void {
    const old = this.socket;

    this.socket = null;
    old?.close();
    for (const one of this.waiting.values()) {
      window.clearTimeout(one.timer);
      one.reject(new NoAnswer('lost'));
    }
    this.waiting.clear();
    this.onClose();
    window.setTimeout(() => this.connect(), RETRY_MS);
  }

  private take(text: string): void {
    let message: Message;

    this.heardAt = performance.now();
    try {
      message = JSON.parse(text) as Message;
    } catch {
      return;
    }
    if (message.method !== undefined) {
      this.onNote(message.method, message.params);
      return;
    }
    const one = this.waiting.get(message.id ?? 0);
    if (one === undefined) {
      return;
    }
    this.waiting.delete(message.id ?? 0);
    window.clearTimeout(one.timer);
    if (message.error !== undefined) {
      const data = message.error.data;
      one.reject(new Refused(data?.reason ?? 'unknown', data?.text ?? message.error.message, data?.field));
    } else {
      one.resolve(message.result);
    }
  }

  call<T = unknown>(method: string, params: object = {}): Promise<T> {
    const socket = this.socket;

    if (socket === null || socket.readyState !== WebSocket.OPEN) {
      return Promise.reject(new NoAnswer('offline'));
    }
    return new Promise<T>((resolve, reject) => {
      const id = this.nextId++;
      const timer = window.setTimeout(() => {
        this.waiting.delete(id);
        reject(new NoAnswer('no_answer'));
      }, ANSWER_MS);

      this.waiting.set(id, { resolve: (result) => resolve(result as T), reject, timer });
      socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    });
  }
}
