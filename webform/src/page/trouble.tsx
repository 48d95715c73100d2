/** Says that something did not answer and will be asked again; and how long one has waited. */
import { useEffect, useState } from "preact/hooks";
import type { Trouble } from "../service/predict";

export function TroubleNote({ trouble }: { trouble: Trouble | null }) {
  return (
    <p class={trouble ? "notice" : "unseen"} role="status">
      {trouble
        ? `${trouble.message} Nothing is lost: it is asked again in ${Math.max(1, Math.round(trouble.again))} s.`
        : ""}
    </p>
  );
}

/** Seconds since then, once a second. */
export function Elapsed({ since }: { since: number }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.round((now - since) / 1000));
  const text = seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return <span class="elapsed">{text}</span>;
}
