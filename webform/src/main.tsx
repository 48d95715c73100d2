/** Reads where the API is, and draws the page. */
import { render } from "preact";
import { App } from "./app";
import { type Config, readConfig } from "./service/config";
import "./style/base.css";
import "./style/form.css";
import "./style/answer.css";

const page = document.getElementById("page");

function draw(content: preact.ComponentChild): void {
  if (!page) return;
  page.replaceChildren();
  render(content, page);
}

readConfig().then(
  (config: Config) => draw(<App config={config} />),
  (error: Error) =>
    draw(
      <main>
        <h1>This page is not complete</h1>
        <p role="alert">{error.message}</p>
      </main>,
    ),
);
