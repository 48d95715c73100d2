/** What every page of the form knows: the service, how to ask it, and what the browser keeps of it. */
import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import { apiAddress, type Config } from "../service/config";
import { Api } from "../service/http";
import { History, SessionKey } from "../service/kept";
import { backoff, seconds } from "../service/pause";
import type { Service } from "../service/types";

export interface Site {
  service: Service;
  api: Api;
  key: SessionKey;
  history: History;
  /** Whether the service itself has told what `service` is, or the page was made with it. */
  live: boolean;
}

export const SiteContext = createContext<Site | null>(null);

export function useSite(): Site {
  const site = useContext(SiteContext);
  if (!site) throw new Error("There is no service yet.");
  return site;
}

/** The service as the page was made with it, then as it is; asked again until it answers. */
export function useService(config: Config): { site: Site | null; trouble: string | null } {
  const [parts] = useState(() => {
    const address = apiAddress(config);
    const key = new SessionKey(address);
    return { key, history: new History(address), api: new Api(address, () => key.get()) };
  });
  const [service, setService] = useState<{ found: Service; live: boolean } | null>(
    config.service ? { found: config.service, live: false } : null,
  );
  const [trouble, setTrouble] = useState<string | null>(null);

  useEffect(() => {
    const ended = new AbortController();
    const ask = async () => {
      for (let tries = 0; ; tries += 1) {
        try {
          const reply = await parts.api.request("GET", "/api/info", { signal: ended.signal });
          if (reply.status === 200 && reply.body?.schema) {
            setService({ found: reply.body, live: true });
            setTrouble(null);
            return;
          }
          setTrouble(`The service at ${parts.api.address} does not answer as it should (${reply.status}).`);
        } catch {
          if (ended.signal.aborted) return;
          setTrouble(`The service at ${parts.api.address} can't be reached just now.`);
        }
        await seconds(backoff(tries, null), ended.signal).catch(() => undefined);
        if (ended.signal.aborted) return;
      }
    };
    void ask();
    return () => ended.abort();
  }, [parts]);

  const site = service ? { ...parts, service: service.found, live: service.live } : null;
  return { site, trouble };
}
