// How long something takes, as the server writes it (`duration` of `console/rendering.py`).

/** Milliseconds as the server writes a duration. */
export function said(ms) {
  const seconds = ms / 1000;
  if (ms < 1) return "< 1 s";
  if (seconds < 1) return `${Math.round(ms)} ms`;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}
