// SPDX-License-Identifier: MIT
// What is looked at in a page: sizes in millimetres, contrast, what is cut off, what axe finds, words of the other language.
import { axeSource } from './chair.mjs';

/** Everything that can be pressed, in millimetres. */
export function targets(page) {
  return page.evaluate(() => {
    const mm = parseFloat(getComputedStyle(document.documentElement).getPropertyValue('--mm'));
    const kind = (element) => {
      if (element.id === 'stop') {
        return 'stop';
      }
      if (element.matches('.next, .row button, .choose .choice')) {
        return 'primary';
      }
      return element.matches('.stepper button, .less-more button') ? 'stepper' : 'other';
    };
    return [...document.querySelectorAll('button, input, [role=button], a')]
      .filter((element) => element.checkVisibility({ visibilityProperty: true }))
      .map((element) => {
        const box = element.getBoundingClientRect();
        const r = (n) => Math.round((n / mm) * 100) / 100;
        return {
          kind: kind(element), what: element.textContent.trim() || element.getAttribute('aria-label'),
          x: r(box.left), y: r(box.top), width: r(box.width), height: r(box.height),
        };
      });
  });
}

const TOLERANCE_MM = 0.06; // less than half a pixel

/** What is smaller, or nearer to STOP, than it may be. */
export function tooSmall(list) {
  const least = { stop: [30, 25], primary: [15, 20], stepper: [15, 15], other: [12, 12] };
  const stop = list.find((target) => target.kind === 'stop');
  const complaints = [];

  for (const target of list) {
    const [width, height] = least[target.kind];
    if (target.width + TOLERANCE_MM < width || target.height + TOLERANCE_MM < height) {
      complaints.push(`${target.kind} "${target.what}" is ${target.width} x ${target.height} mm, less than ${width} x ${height}`);
    }
    if (target !== stop && stop !== undefined) {
      const dx = Math.max(stop.x - (target.x + target.width), target.x - (stop.x + stop.width), 0);
      const dy = Math.max(stop.y - (target.y + target.height), target.y - (stop.y + stop.height), 0);
      const away = Math.hypot(dx, dy);
      if (away + TOLERANCE_MM < 10) {
        complaints.push(`"${target.what}" is ${away.toFixed(1)} mm from STOP`);
      }
    }
  }
  if (stop === undefined) {
    complaints.push('there is no STOP');
  }
  return complaints;
}

/** Texts whose contrast against what lies behind them is less than 7:1. */
export function faint(page) {
  return page.evaluate(() => {
    const rgb = (text) => (text.match(/[\d.]+/g) ?? []).map(Number);
    const part = (v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
    const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
    const behind = (element) => {
      for (let e = element; e !== null; e = e.parentElement) {
        const color = rgb(getComputedStyle(e).backgroundColor);
        if (color.length === 3 || color[3] > 0.99) {
          return color;
        }
      }
      return [255, 255, 255];
    };
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const element = node.parentElement;
      const text = node.textContent.trim();
      if (text === '' || !element.checkVisibility({ visibilityProperty: true }) || element.closest('script, style, title')) {
        continue;
      }
      const style = getComputedStyle(element);
      const inDrawing = element instanceof SVGElement;
      // a digit stands on its badge, a degree beside the body
      const ground = element.classList.contains('digit')
        ? rgb(getComputedStyle(element.parentElement.querySelector('.badge')).fill)
        : behind(element);
      const [a, b] = [light(rgb(inDrawing ? style.fill : style.color)), light(ground)];
      const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (contrast < 7) {
        found.push(`"${text.slice(0, 40)}" ${contrast.toFixed(2)}:1`);
      }
    }
    return found;
  });
}

/** Texts that are cut off, and things that stand over the edge of the screen or over each other. */
export function cutOff(page) {
  return page.evaluate(() => {
    const found = [];
    const main = document.getElementById('main').getBoundingClientRect();
    const visible = (element) => element.checkVisibility({ visibilityProperty: true });
    for (const element of document.querySelectorAll('#main button, #main p, #main h1, #main h2, #main input, #main .stepper, #main .pair')) {
      if (!visible(element) || element.closest('.steps')) {
        continue;
      }
      const box = element.getBoundingClientRect();
      const name = `${element.tagName.toLowerCase()} "${element.textContent.trim().slice(0, 30)}"`;
      if (box.left < main.left - 1.5 || box.right > main.right + 1.5 || box.top < main.top - 1.5 || box.bottom > main.bottom + 1.5) {
        found.push(`${name} stands over the edge`);
      }
      const frame = element.closest('.box')?.getBoundingClientRect();
      if (frame !== undefined && !element.closest('.tall') && (box.top < frame.top - 2 || box.bottom > frame.bottom + 2)) {
        found.push(`${name} is cut off`);
      }
      if (element.closest('.tall')) {
        found.push(`${name} is too tall for its page`);
      }
      if (element.scrollWidth > element.clientWidth + 2 && getComputedStyle(element).display !== 'inline') {
        found.push(`${name} is wider than its place`);
      }
      if (element.matches('button') && element.scrollHeight > element.clientHeight + 2) {
        found.push(`${name} is taller than its place`);
      }
    }
    const buttons = [...document.querySelectorAll('#main button')].filter(visible);
    const covered = document.querySelector('.overlay') !== null;
    for (const [i, one] of buttons.entries()) {
      const a = one.getBoundingClientRect();
      for (const other of buttons.slice(i + 1)) {
        const b = other.getBoundingClientRect();
        if (!covered && a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1) {
          found.push(`"${one.textContent.trim()}" and "${other.textContent.trim()}" stand over each other`);
        }
      }
    }
    return found;
  });
}

/** Is STOP there, on top, and not disabled? Its box, so that its place can be compared. */
export function stopBox(page) {
  return page.evaluate(() => {
    const stop = document.getElementById('stop');
    const box = stop.getBoundingClientRect();
    const inside = (x, y) => stop.contains(document.elementFromPoint(x, y));
    const free = inside(box.left + 8, box.top + box.height / 2) && inside(box.right - 8, box.top + box.height / 2) &&
      inside(box.left + box.width / 2, box.top + box.height / 2) && inside(box.left + box.width / 2, box.bottom - 8);
    return { free, enabled: !stop.disabled && stop.closest('[inert]') === null, at: [box.left, box.top, box.width, box.height].map(Math.round).join() };
  });
}

export async function axe(page) {
  await page.evaluate(`if (typeof axe === 'undefined') { ${axeSource} }`);
  const result = await page.evaluate(() => axe.run(document, {
    resultTypes: ['violations'],
    rules: { 'color-contrast-enhanced': { enabled: true }, region: { enabled: true } },
  }));
  return result.violations.map((v) => `${v.id}: ${v.nodes.map((node) => node.target.join(' ')).join(', ')}`);
}

/** Every text that is shown. */
export function shownTexts(page) {
  return page.evaluate(() => {
    const texts = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      if (node.textContent.trim() !== '' && node.parentElement.closest('[lang=en], script, style') === null || false) {
        texts.push(node.textContent.trim());
      }
    }
    document.querySelectorAll('[aria-label]').forEach((element) => texts.push(element.getAttribute('aria-label')));
    return texts;
  });
}
