/** 1234567 → "1,234,567" */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString("en-US");
}

/** 4.6e9 → "4.6 G"; three digits at most. */
export function formatMagnitude(value: number): string {
  const step = [
    { unit: " T", size: 1e12 },
    { unit: " B", size: 1e9 },
    { unit: " M", size: 1e6 },
    { unit: " k", size: 1e3 },
  ].find(({ size }) => value >= size);
  return step === undefined ? String(Math.round(value)) : `${Number((value / step.size).toPrecision(3))}${step.unit}`;
}

/** 1234567 bytes → "1.2 MB" (decimal units, as disks and downloads count). */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** Rates keep a digit behind the point while they are small. */
export function formatRate(perSecond: number): string {
  return perSecond < 100 ? perSecond.toFixed(1) : formatCount(perSecond);
}

export function formatPercent(part: number, whole: number): string {
  return whole === 0 ? "–" : `${((100 * part) / whole).toFixed(1)} %`;
}

/** 0.808 → "81 %" */
export function formatShare(share: number): string {
  return `${Math.round(100 * share)} %`;
}

/** 1234567 of which 1000000 shared → "1,234,567 (81 % shared, 234,567 computed)"; the count alone where none was. */
export function formatInputTokens(inputTokens: number, sharedTokens: number): string {
  if (sharedTokens === 0) return formatCount(inputTokens);
  const share = formatShare(sharedTokens / inputTokens);
  return `${formatCount(inputTokens)} (${share} shared, ${formatCount(inputTokens - sharedTokens)} computed)`;
}

/** 3725 → "1 h 2 min"; the two largest units, seconds below a minute with one digit behind the point. */
export function formatSeconds(seconds: number): string {
  if (seconds < 60) return `${Number(seconds.toFixed(1))} s`;
  const rounded = Math.round(seconds);
  const days = Math.floor(rounded / 86_400);
  const hours = Math.floor((rounded % 86_400) / 3600);
  const minutes = Math.floor((rounded % 3600) / 60);
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return `${minutes} min ${rounded % 60} s`;
}
