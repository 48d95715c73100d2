/** What every page of the form knows: the service, how to ask it, and what the browser keeps of it. */
import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import { apiAddress, type Config } from "../service/config";
import { Api } from "../service/http";
import { History, SessionKey } from "../service/kept";
import { insist } from "../service/predict";
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

/** What keeps the service from telling of itself; `again` is there when it is not asked any more. */
export interface Silence {
  message: string;
  again?: () => void;
}

/** The service as the page was made with it, then as it is. */
export function useService(config: Config): { site: Site | null; silence: Silence | null } {
  const [parts] = useState(() => {
    const address = apiAddress(config);
    const key = new SessionKey(address);
    return { key, history: new History(address), api: new Api(address, () => key.get()) };
  });
  const [service, setService] = useState<{ found: Service; live: boolean } | null>(
    config.service ? { found: config.service, live: false } : null,
  );
  const [silence, setSilence] = useState<Silence | null>(null);
  const [turn, setTurn] = useState(0);

  // `turn` asks again
  useEffect(() => {
    const ended = new AbortController();
    const { signal } = ended;
    const who = `The service at ${parts.api.address}`;
    const onTrouble = (trouble: unknown) =>
      setSilence(trouble ? { message: `${who} can't be reached just now.` } : null);
    const stop = (message: string) => setSilence({ message, again: () => setTurn(turn + 1) });
    insist(parts.api, { signal, onTrouble }, () => parts.api.request("GET", "/api/info", { signal })).then(
      ({ status, body }) => {
        if (status === 200 && body?.schema) setService({ found: body, live: true });
        else stop(`${who} does not answer as it should (${status}).`);
      },
      () => signal.aborted || stop(`${who} can't be reached.`),
    );
    return () => ended.abort();
  }, [parts, turn]);

  const site = service ? { ...parts, service: service.found, live: service.live } : null;
  return { site, silence };
}
