/** JavaScript moves keys like "2" to an object's front. Objects in which it does so, with the keys as they were written. */
const writtenKeys = new WeakMap<object, readonly string[]>();

/** Whether JavaScript may put a key before those that were written before it. */
export function isMovedKey(key: string): boolean {
  return /^\d/.test(key);
}

/** Notes in which order an object's keys were written; of a key that came twice the first place counts. */
export function keepKeyOrder(object: object, keys: Iterable<string>): void {
  writtenKeys.set(object, [...new Set(keys)]);
}

/** The object's own keys, as they were written. */
export function keysOf(object: object): readonly string[] {
  return writtenKeys.get(object) ?? Object.keys(object);
}

/** The object's own members, as they were written. */
export function membersOf(object: object): (readonly [key: string, value: unknown])[] {
  const keys = writtenKeys.get(object);
  return keys?.map((key) => [key, (object as Record<string, unknown>)[key]] as const) ?? Object.entries(object);
}

/** An object of members, which keeps their order. */
export function objectOf(members: readonly (readonly [key: string, value: unknown])[]): Record<string, unknown> {
  // fromEntries defines "__proto__" as a plain property instead of setting the prototype
  const object = Object.fromEntries(members);
  const keys = members.map(([key]) => key);
  if (keys.some(isMovedKey)) keepKeyOrder(object, keys);
  return object;
}
