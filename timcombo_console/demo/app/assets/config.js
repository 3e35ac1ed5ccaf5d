let loaded;

// The environment's public configuration, asked for once.
export function config() {
  loaded ??= fetch("/config.json", { cache: "no-cache" }).then((answer) => answer.json());
  return loaded;
}
