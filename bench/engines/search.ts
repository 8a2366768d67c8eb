import type { BenchModel } from "./models.js";
import type { Configuration, ConfigurationAxis, OpenSubject, Subject } from "./subject.js";
import type { WorkloadGroup } from "./workload.js";

/** A run as short as this says little: it is made again with more rows. */
const LEAST_SECONDS = 1;
/** Of free text, a part is enough to tell configurations from each other. */
const SEARCH_TOKENS = 32;
/** A configuration that takes this much longer than the best one before is given up. */
const PATIENCE = 1.3;
const MOST_SECONDS = 120;

export interface TriedConfiguration {
  readonly configuration: Configuration;
  /** By the short run; of free text, estimated for whole outputs. */
  readonly rowsPerSecond: number;
}

export interface SearchOutcome {
  readonly best: TriedConfiguration;
  /** All that were tried, in their order. */
  readonly tried: readonly TriedConfiguration[];
}

/** Looks for a subject's best configuration on a group's first variant: one axis after the other, each from the best of
 *  those before.
 *  @param pinned  what is not to be searched */
export async function findConfiguration(
  subject: Subject,
  model: BenchModel,
  group: WorkloadGroup,
  pinned: Partial<Configuration>,
  onTried: (tried: TriedConfiguration) => void,
): Promise<SearchOutcome> {
  const tried: TriedConfiguration[] = [];
  const attempt = async (configuration: Configuration): Promise<void> => {
    const known = bestOf(tried)?.rowsPerSecond ?? null;
    await using opened = await subject.open({ model, group, configuration });
    const rowsPerSecond = await shortRate(opened, group, configuration, known);
    tried.push({ configuration, rowsPerSecond });
    onTried({ configuration, rowsPerSecond });
  };
  await attempt({ ...subject.first, ...pinned });
  for (const axis of freeAxes(subject.axes(group), pinned)) {
    const base = (bestOf(tried) as TriedConfiguration).configuration;
    for (const choice of axis) await attempt({ ...base, ...choice });
  }
  return { best: bestOf(tried) as TriedConfiguration, tried };
}

/** The choices that change nothing that is pinned. */
export function freeAxes(
  axes: readonly ConfigurationAxis[],
  pinned: Partial<Configuration>,
): readonly ConfigurationAxis[] {
  return axes.map((axis) => axis.filter((choice) => Object.keys(choice).every((key) => !Object.hasOwn(pinned, key))));
}

function bestOf(tried: readonly TriedConfiguration[]): TriedConfiguration | null {
  return tried.reduce<TriedConfiguration | null>(
    (best, one) => (best === null || one.rowsPerSecond > best.rowsPerSecond ? one : best),
    null,
  );
}

/** Rows a second of a wave that fills all slots, or of more rows where a wave is over at once. */
async function shortRate(
  opened: OpenSubject,
  { variants: [workload] }: WorkloadGroup,
  { workers, slots }: Configuration,
  known: number | null,
): Promise<number> {
  const isFree = workload.form === null;
  const maxTokens = isFree ? Math.min(SEARCH_TOKENS, workload.maxTokens) : workload.maxTokens;
  const scale = maxTokens / workload.maxTokens;
  const run = async (rows: number, skip: number): Promise<{ rate: number; seconds: number }> => {
    const limitSeconds = known === null ? MOST_SECONDS : LEAST_SECONDS + (PATIENCE * rows * scale) / known;
    const { outcomes, seconds } = await opened.run({ workload, rows, skip, maxTokens, limitSeconds });
    const spent = Math.max(seconds, 1e-6);
    return { rate: (outcomes.length / spent) * scale, seconds: spent };
  };
  const wave = workers * slots;
  const first = await run(wave, 0);
  if (first.seconds >= LEAST_SECONDS || first.rate === 0) return first.rate;
  return (await run(Math.max(wave, Math.ceil((2 * LEAST_SECONDS * first.rate) / scale)), wave)).rate;
}
