/** config.json stands beside the page: where the API is, and the service as it was when the page was made. */
import type { Service } from "./types";

export interface Config {
  /** The API's address, without /api; relative to the page. */
  api: string;
  service?: Service;
}

export async function readConfig(): Promise<Config> {
  const answer = await fetch("config.json", { cache: "no-cache" });
  if (!answer.ok)
    throw new Error(`config.json is missing beside this page (${answer.status}): \`cli form\` writes it.`);
  return (await answer.json()) as Config;
}

export function apiAddress(config: Config): string {
  return new URL(config.api || ".", document.baseURI).href.replace(/\/$/, "");
}
