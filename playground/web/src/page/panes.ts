// The two panes, and ways between them.

import { byId } from "./dom.js";
import { choice, choose } from "./share/storage.js";

const LEAST = 20;
const MOST = 80;

/** The line between source and results, for pointers and for arrow keys. */
export function splitter(): void {
  const bar = byId("splitter");
  const bench = byId("workbench");
  const set = (percent: number) => {
    const value = Math.round(Math.min(MOST, Math.max(LEAST, percent)));
    bench.style.setProperty("--split", `${value}%`);
    bar.setAttribute("aria-valuenow", String(value));
    choose("split", String(value));
  };
  const now = () => Number(bar.getAttribute("aria-valuenow"));
  const kept = Number(choice("split"));
  if (kept >= LEAST && kept <= MOST) set(kept);
  bar.addEventListener("keydown", (event) => {
    const to = { ArrowLeft: now() - 2, ArrowRight: now() + 2, Home: LEAST, End: MOST, Enter: 50 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    set(to);
  });
  bar.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    bar.setPointerCapture(event.pointerId);
    const move = (moved: PointerEvent) => {
      const { left, width } = bench.getBoundingClientRect();
      set(((moved.clientX - left) / width) * 100);
    };
    bar.addEventListener("pointermove", move);
    bar.addEventListener("pointerup", () => bar.removeEventListener("pointermove", move), { once: true });
  });
}

/** F6 goes from pane to pane, as it does in browsers and desktops. */
export function paneKeys(panes: readonly { element: HTMLElement; focus: () => void }[]): void {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "F6" || event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    const at = panes.findIndex(({ element }) => element.contains(document.activeElement));
    const step = event.shiftKey ? panes.length - 1 : 1;
    panes[(Math.max(at, 0) + (at < 0 ? 0 : step)) % panes.length]?.focus();
  });
}
