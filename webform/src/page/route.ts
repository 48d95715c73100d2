/** Addresses behind the #: a static host knows but one page. */
import { useEffect, useState } from "preact/hooks";

export type Route = { page: "home" } | { page: "predict" } | { page: "batch" } | { page: "result"; ids: string[] };

export function parse(hash: string): Route {
  const [page = "", rest = ""] = hash.replace(/^#\/?/, "").split("/");
  const ids = rest.split(",").filter((id) => /^[\w-]+$/.test(id));
  if (page === "result" && ids.length) return { page: "result", ids };
  if (page === "predict" || page === "batch") return { page };
  return { page: "home" };
}

export function toResult(ids: string[]): string {
  return `#/result/${ids.join(",")}`;
}

export function useRoute(): Route {
  const [route, setRoute] = useState(() => parse(location.hash));
  useEffect(() => {
    const changed = () => setRoute(parse(location.hash));
    addEventListener("hashchange", changed);
    changed(); // it may have changed since it was first read
    return () => removeEventListener("hashchange", changed);
  }, []);
  return route;
}
