/** In place of a part that can't be drawn: most often the host has a newer page by now, and this one's parts are gone. */
import { Component, type ComponentChildren } from "preact";

export class Lost extends Component<{ children: ComponentChildren }, { failed: boolean }> {
  override state = { failed: false };

  static override getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <>
        <h1>This part is not there</h1>
        <p class="failure" role="alert">
          It could not be loaded: the page may have been replaced meanwhile, or the network is away. What was asked is
          kept.
        </p>
        <p class="actions">
          <button type="button" onClick={() => location.reload()}>
            Load the page again
          </button>
        </p>
      </>
    );
  }
}
