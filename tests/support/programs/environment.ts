/**
 * Sets environment variables of this process, or removes those with the value undefined; the returned function restores
 * them. A test must not replace `process.env` with another object, because Node itself reads variables such as TMPDIR
 * from the original.
 */
export function setEnvironment(values: Readonly<Record<string, string | undefined>>): () => void {
  const before = Object.keys(values).map((name) => [name, process.env[name]] as const);
  for (const [name, value] of Object.entries(values)) setVariable(name, value);
  return () => {
    for (const [name, value] of before) setVariable(name, value);
  };
}

function setVariable(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
