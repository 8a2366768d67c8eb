/** What a job's model is: a file on this machine, or what an endpoint calls by a name. */
export type ModelRef = ModelFile | ModelEndpoint;

export interface ModelFile {
  /** Absolute path of the .gguf file, of the first one for a split model. */
  readonly file: string;
  /** Null where the user named the file by its path, or an earlier version submitted the job. */
  readonly sha256: string | null;
}

export interface ModelEndpoint {
  /** Its address, or the user's own name for it in config.json. */
  readonly endpoint: string;
  /** As the endpoint knows it. */
  readonly model: string;
}

export type ModelKind = "file" | "endpoint";

export function kindOf(ref: ModelRef): ModelKind {
  return "file" in ref ? "file" : "endpoint";
}

/** One text a model: what jobs of the same model have in common. */
export function modelKey(ref: ModelRef): string {
  return "file" in ref ? ref.file : `${ref.endpoint}#${ref.model}`;
}
