/** The page around the routes: the service's name, the ways through the form, and which model answers. */
import { lazy, Suspense } from "preact/compat";
import { useEffect, useRef } from "preact/hooks";
import { Lost } from "./page/lost";
import { useRoute } from "./page/route";
import { SiteContext, useService } from "./page/site";
import { Home } from "./pages/home";
import { Result } from "./pages/result";
import type { Config } from "./service/config";
import type { Service } from "./service/types";

const loadPredict = () => import("./pages/predict").then(({ Predict }) => ({ default: Predict }));
const loadBatch = () => import("./pages/batch").then(({ Batch }) => ({ default: Batch }));
const Predict = lazy(loadPredict);
const Batch = lazy(loadBatch);

const NAMES = { home: "", predict: "One record", batch: "A file", result: "Prediction" };

export function App({ config }: { config: Config }) {
  const route = useRoute();
  const { site, silence } = useService(config);
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  const title = site?.service.title ?? "Prediction";
  const address = route.page === "result" ? `result/${route.ids}` : route.page;

  useEffect(() => {
    // the rest of the page, once this part of it stands: what comes next does not depend on the host any more
    const timer = setTimeout(() => Promise.all([loadPredict(), loadBatch()]).catch(() => undefined), 300);
    return () => clearTimeout(timer);
  }, []);
  useEffect(() => {
    document.title = [NAMES[route.page], title].filter(Boolean).join(" · ");
  }, [route.page, title]);
  // The address is what has changed
  useEffect(() => {
    if (!first.current) {
      main.current?.focus(); // whoever can't see that the page changed is told
      scrollTo(0, 0);
    }
    first.current = false;
  }, [address]);

  return (
    <SiteContext.Provider value={site}>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to the content
      </a>
      <header class="top">
        <a class="brand" href="#/">
          {title}
        </a>
        <nav aria-label="Pages">
          <Way to="predict" now={route.page} text="One record" />
          <Way to="batch" now={route.page} text="A file" />
        </nav>
      </header>
      {silence && (
        <p class="notice" role="status">
          {silence.message} {silence.again ? "" : "It is asked again. "}
          {site ? "You can fill in the form meanwhile. " : ""}
          {silence.again && (
            <button type="button" class="quiet" onClick={silence.again}>
              Ask again
            </button>
          )}
        </p>
      )}
      <main ref={main} tabIndex={-1} id="main">
        {site ? (
          <Lost key={address}>
            <Suspense fallback={<p role="status">Loading …</p>}>
              {route.page === "home" && <Home />}
              {route.page === "predict" && <Predict />}
              {route.page === "batch" && <Batch />}
              {route.page === "result" && <Result ids={route.ids} />}
            </Suspense>
          </Lost>
        ) : (
          <p role="status">Loading what this service predicts …</p>
        )}
      </main>
      {site && <Foot service={site.service} address={site.api.address} />}
    </SiteContext.Provider>
  );
}

function Way({ to, now, text }: { to: string; now: string; text: string }) {
  return (
    <a href={`#/${to}`} {...(to === now ? { "aria-current": "page" as const } : {})}>
      {text}
    </a>
  );
}

function Foot({ service, address }: { service: Service; address: string }) {
  const model = service.model;
  return (
    <footer>
      <p>
        {model?.tag ? (
          <>
            Model <code>{model.tag}</code>
            {model.wanted ? <> in place of {model.wanted}, which can't be loaded or is on its way</> : null}.{" "}
          </>
        ) : null}
        <a href={`${address}/docs`}>The API behind this page</a>
      </p>
    </footer>
  );
}
