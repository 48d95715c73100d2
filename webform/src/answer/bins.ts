/** Numbers -> the bars of a histogram, whose edges are round. */

const WANTED = 20;

export function bins(numbers: number[]): { edges: number[]; counts: number[] } {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const number of numbers) {
    low = Math.min(low, number);
    high = Math.max(high, number);
  }
  const width = round((high - low) / WANTED || Math.abs(low) / WANTED || 1);
  // 0.3 / 0.1 is a little less than 3, and 0.3 the first of its bar
  const bar = (number: number) => Math.floor(number / width + Math.max(1e-9, Math.abs(number / width) * 1e-15));
  const first = bar(low);
  const count = Math.max(1, bar(high) - first + 1);
  const counts = new Array<number>(count).fill(0);
  for (const number of numbers) {
    const place = Math.min(count - 1, Math.max(0, bar(number) - first));
    counts[place] = (counts[place] ?? 0) + 1;
  }
  const edges = Array.from({ length: count + 1 }, (_, place) => Number(((first + place) * width).toPrecision(12)));
  return { edges, counts };
}

/** The next of 1, 2, 2.5, 5 and 10 times a power of ten. */
function round(width: number): number {
  const power = 10 ** Math.floor(Math.log10(width));
  const step = [1, 2, 2.5, 5, 10].find((factor) => factor * power >= width * (1 - 1e-9)) ?? 10;
  return step * power;
}
