// SPDX-License-Identifier: MIT
// What screens are made of: a frame with a title, pages instead of scrolling, and a row of large buttons.
import { toChildArray, type ComponentChildren, type VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { usePrefs, useUpright } from './prefs';
import { noticeText, t } from './say';
import { set, useStore } from './store';

export function Icon({ name }: { name: keyof typeof ICONS }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={ICONS[name]} />
    </svg>
  );
}

const ICONS = {
  back: 'M15 4 7 12l8 8',
  next: 'M9 4l8 8-8 8',
  up: 'M4 15l8-8 8 8',
  down: 'M4 9l8 8 8-8',
  less: 'M4 12h16',
  more: 'M4 12h16M12 4v16',
  pause: 'M8 4v16M16 4v16',
  play: 'M7 4l13 8-13 8z',
  check: 'M4 13l5 6L20 5',
  warm: 'M7 20q-3-4 0-8t0-8M12 20q-3-4 0-8t0-8M17 20q-3-4 0-8t0-8',
  gear: 'M12 8.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7M12 2v4M12 18v4M2 12h4M18 12h4M5 5l2.8 2.8M16.2 16.2 19 19M19 5l-2.8 2.8M7.8 16.2 5 19',
  person: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8M4 21c0-5 3.5-7 8-7s8 2 8 7',
  erase: 'M9 5h12v14H9l-6-7zM12 9l6 6M18 9l-6 6',
  star: 'M12 3l2.7 5.8 6.3.8-4.6 4.4 1.2 6.3L12 17.2 6.4 20.3l1.2-6.3L3 9.6l6.3-.8z',
  alert: 'M12 3 22 21H2zM12 9v6M12 17.6v.4',
  lock: 'M6 11h12v10H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
} as const;

export type IconName = keyof typeof ICONS;

/** What the chair said no to, until it is taken note of. */
export function NoticeBox() {
  const s = useStore();

  if (s.notice === null) {
    return null;
  }
  return (
    <div class="notice" role="alert">
      <p>{noticeText(s.notice)}</p>
      <button class="small" onClick={() => set({ notice: null })}>{t().ok}</button>
    </div>
  );
}

export interface Next {
  label: string;
  icon?: IconName;
  onClick: () => void;
  off?: boolean;
  start?: boolean;
  plain?: boolean; // not what most people want
}

export interface FrameProps {
  title: string;
  help?: ComponentChildren;
  children?: ComponentChildren; // one item each; they are laid out on pages
  columns?: 1 | 2 | 3;
  fill?: boolean; // few items share all the height
  beside?: ComponentChildren; // a picture left of the items
  before?: ComponentChildren; // above the items, on every page
  seeAll?: boolean; // `next` comes with the last page only
  back?: (() => void) | undefined;
  extra?: ComponentChildren; // more buttons in the row
  next?: Next | undefined;
  step?: readonly [number, number]; // which of how many
  name: string; // of the screen
  id?: string; // of what it shows
}

const LONG = 75; // letters of a title

interface Layout {
  starts: number[]; // the first item of each page
}

/** The items of which page fit: measured, so that any text size and any language do. */
function measure(inner: HTMLElement, height: number): Layout {
  const items = [...inner.children] as HTMLElement[];
  const starts = [0];
  let top = items[0]?.offsetTop ?? 0;

  items.forEach((item, i) => {
    const bottom = item.offsetTop + item.offsetHeight;
    if (bottom - top > height + 1 && item.offsetTop > top) {
      let first = i;
      while (first > 0 && items[first - 1]?.offsetTop === item.offsetTop) {
        first--;
      }
      starts.push(first);
      top = item.offsetTop;
    }
  });
  return { starts };
}

export function Frame(props: FrameProps) {
  const { title, columns = 1, seeAll, back, next } = props;
  const prefs = usePrefs();
  const { notice } = useStore();
  const heading = useRef<HTMLHeadingElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const inner = useRef<HTMLDivElement>(null);
  const section = useRef<HTMLElement>(null);
  const [starts, setStarts] = useState([0]);
  const [page, setPage] = useState(0);
  const [resized, setResized] = useState(0);
  const shown = Math.min(page, starts.length - 1);
  const items = toChildArray(props.children);
  const pages = starts.length;
  const last = shown === pages - 1;

  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  useEffect(() => {
    const watcher = new ResizeObserver(() => setResized((n) => n + 1));

    if (box.current) {
      watcher.observe(box.current);
    }
    return () => watcher.disconnect();
  }, []);
  useLayoutEffect(() => {
    const list = inner.current;
    const frame = box.current;

    if (list === null || frame === null) {
      return;
    }
    list.classList.remove('stretch');
    section.current?.classList.remove('dense');
    const tallest = Math.max(0, ...[...list.children].map((child) => (child as HTMLElement).offsetHeight));
    if (tallest > frame.clientHeight + 1) {
      section.current?.classList.add('dense'); // the help gives way to what it is about
    }
    const layout = measure(list, frame.clientHeight);
    if (props.fill === true && layout.starts.length === 1) {
      list.classList.add('stretch');
    }
    if (layout.starts.join() !== starts.join()) {
      setStarts(layout.starts);
    }
    const from = layout.starts[Math.min(page, layout.starts.length - 1)] ?? 0;
    const to = layout.starts[Math.min(page, layout.starts.length - 1) + 1] ?? list.children.length;
    const children = [...list.children] as HTMLElement[];
    const offset = (children[from]?.offsetTop ?? 0) - (children[0]?.offsetTop ?? 0);
    list.style.transform = offset === 0 ? '' : `translateY(${-offset}px)`;
    children.forEach((child, i) => {
      child.style.visibility = i >= from && i < to ? '' : 'hidden';
    });
    // one item alone may be too tall: then it can be scrolled after all
    const tall = children.slice(from, to).some((child) => child.offsetHeight > frame.clientHeight + 1);
    frame.classList.toggle('tall', tall);
    frame.toggleAttribute('tabindex', false);
    if (tall) {
      frame.tabIndex = 0;
    }
    frame.scrollTop = 0;
  }, [props.children, page, starts, resized, prefs.text, prefs.lang, columns, props.help, props.fill, notice]);

  return (
    <section ref={section} class={`screen ${props.name}`} data-screen={props.name.split(' ')[0]} data-of={props.id}>
      <header>
        {props.step !== undefined && (
          <div class="steps" role="img" aria-label={t().questionOf(props.step[0] + 1, props.step[1])}>
            {Array.from({ length: props.step[1] }, (_, i) => <i key={i} class={i <= (props.step?.[0] ?? 0) ? 'done' : ''} />)}
          </div>
        )}
        <h1 ref={heading} tabIndex={-1} class={title.length > LONG ? 'long' : ''}>{title}</h1>
        {props.help !== undefined && props.help !== '' && <p class="help">{props.help}</p>}
      </header>
      {props.before}
      <div class="middle">
        {props.beside !== undefined && <div class="beside">{props.beside}</div>}
        <div class="box" ref={box}>
          <div class={`items c${columns}`} ref={inner}>{items}</div>
        </div>
      </div>
      {/* in place of the buttons: nothing else moves, and nothing is pressed before it was read */}
      {notice !== null && <footer><NoticeBox /></footer>}
      {notice === null && (back !== undefined || next !== undefined || pages > 1 || props.extra !== undefined) && (
        <footer>
          {back !== undefined && (
            <button class="back" onClick={() => (seeAll && shown > 0 ? setPage(shown - 1) : back())}>
              <Icon name="back" /><span>{t().back}</span>
            </button>
          )}
          {props.extra}
          {pages > 1 && (
            <div class="pager">
              {!seeAll && <button aria-label={t().pageBack} disabled={shown === 0} onClick={() => setPage(shown - 1)}><Icon name="up" /></button>}
              <span class="count" role="status" aria-label={t().page(shown + 1, pages)}>{t().pageShort(shown + 1, pages)}</span>
              {!seeAll && <button aria-label={t().pageOn} disabled={last} onClick={() => setPage(shown + 1)}><Icon name="down" /></button>}
            </div>
          )}
          {next !== undefined && (seeAll && !last
            ? <button class="next" onClick={() => setPage(shown + 1)}><span>{t().more}</span><Icon name="down" /></button>
            : (
              <button class={next.start ? 'next start' : next.plain ? 'next plain' : 'next'} disabled={next.off === true} onClick={next.onClick}>
                <span>{next.label}</span><Icon name={next.icon ?? 'next'} />
              </button>
            ))}
        </footer>
      )}
    </section>
  );
}

export function Choice({ label, sub, on, icon, mark, onClick, off, id }: {
  label: string;
  sub?: string;
  on?: boolean;
  icon?: IconName;
  mark?: string | undefined;
  onClick: () => void;
  off?: boolean;
  id?: string;
}): VNode {
  return (
    <button class={on ? 'choice on' : 'choice'} disabled={off === true} data-id={id}
      {...(on === undefined ? {} : { 'aria-pressed': on })} onClick={onClick}>
      {icon !== undefined && <Icon name={icon} />}
      {on === true && icon === undefined && <Icon name="check" />}
      <span class="label">{label}</span>
      {sub !== undefined && <span class="sub">{sub}</span>}
      {mark !== undefined && <span class="mark"><Icon name="star" />{mark}</span>}
    </button>
  );
}

export function Stepper({ label, value, less, more, onLess, onMore, lessOff, moreOff, children }: {
  label: string;
  value: string;
  less: string;
  more: string;
  onLess: () => void;
  onMore: () => void;
  lessOff?: boolean;
  moreOff?: boolean;
  children?: ComponentChildren;
}): VNode {
  return (
    <div class="stepper" role="group" aria-label={label}>
      <span class="name">{label}</span>
      <button aria-label={less} disabled={lessOff === true} onClick={onLess}><Icon name="less" /></button>
      <span class="value" aria-live="polite">{value}</span>
      <button aria-label={more} disabled={moreOff === true} onClick={onMore}><Icon name="more" /></button>
      {children}
    </div>
  );
}

/** Digits for a PIN, of which nothing is shown but how many there are, or for a code that all may see. */
export function Keypad({ value, onChange, onEnter, most = 8, shown = false }: {
  value: string;
  onChange: (update: (old: string) => string) => void; // fingers may be faster than the screen is drawn
  onEnter: () => void;
  most?: number;
  shown?: boolean;
}) {
  const upright = useUpright();
  const add = (digit: string) => {
    set({ notice: null });
    onChange((old) => (old + digit).slice(0, most));
  };

  useEffect(() => {
    const typed = (event: KeyboardEvent) => {
      if (/^[0-9]$/.test(event.key)) {
        add(event.key);
      } else if (event.key === 'Backspace') {
        onChange((old) => old.slice(0, -1));
      } else if (event.key === 'Enter' && value.length >= 4 && !(event.target instanceof HTMLButtonElement)) {
        onEnter();
      }
    };

    window.addEventListener('keydown', typed);
    return () => window.removeEventListener('keydown', typed);
  }, [value, onChange, onEnter]);

  const erase = (
    <button class="erase" disabled={value === ''} onClick={() => onChange((old) => old.slice(0, -1))}><Icon name="erase" /><span>{t().erase}</span></button>
  );
  return (
    <div class="keypad">
      <div class="typed">
        <p class="dots" role="status" aria-label={shown ? value : t().page(value.length, most)}>
          {shown ? value.padEnd(most, '·') : '●'.repeat(value.length) + '○'.repeat(Math.max(0, 4 - value.length))}
        </p>
        {!upright && erase}
      </div>
      <div class="keys">
        {['1', '2', '3', '4', '5', '6', '7', '8', '9', '0'].map((digit) => (
          <button key={digit} onClick={() => add(digit)}>{digit}</button>
        ))}
        {upright && erase}
      </div>
    </div>
  );
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÜ';

/** Letters in the order of the alphabet: nobody has to know a typewriter. */
export function Letters({ onChange }: { onChange: (update: (old: string) => string) => void }) {
  const add = (letter: string) => onChange((old) => {
    const first = old === '' || /[ -]$/.test(old);
    return (old + (first ? letter : letter.toLowerCase())).slice(0, 30);
  });

  return (
    <div class="letters">
      {[...LETTERS].map((letter) => <button key={letter} onClick={() => add(letter)}>{letter}</button>)}
      <button aria-label="-" onClick={() => add('-')}>-</button>
      <button class="small-text" onClick={() => add(' ')}>{t().space}</button>
      <button aria-label={t().erase} onClick={() => onChange((old) => old.slice(0, -1))}><Icon name="erase" /></button>
    </div>
  );
}
