import type { Catalog, StoredCalibration } from "../jobs/index.js";
import type { Calibration } from "../schedule/index.js";

/** Reads what a home keeps; only this program writes it. */
export function calibrationOf({ result }: StoredCalibration): Calibration {
  return result as unknown as Calibration;
}

/** What was measured in a home, the newest first. */
export function calibrationsOf(catalog: Catalog): (Calibration & Pick<StoredCalibration, "model" | "madeAt">)[] {
  return catalog.calibrations().map((stored) => {
    const { model, madeAt } = stored;
    return { model, madeAt, ...calibrationOf(stored) };
  });
}
