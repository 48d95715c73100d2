/** The API key, where the service wants one: typed by whoever has it, kept until the tab is closed. */
import { useState } from "preact/hooks";
import { useSite } from "./site";

/** `wanted`: the service has asked for one since it was last described. */
export function KeyField({ wanted = false }: { wanted?: boolean }) {
  const { service, key } = useSite();
  const [value, setValue] = useState(() => key.get() ?? "");
  if (!service.key_required && !wanted) return null;
  return (
    <div class="field">
      <label for="api-key">API key</label>
      <input
        id="api-key"
        type="password"
        autocomplete="off"
        value={value}
        aria-describedby="api-key-help"
        onInput={(event) => {
          setValue(event.currentTarget.value);
          key.set(event.currentTarget.value.trim());
        }}
      />
      <p class="help" id="api-key-help">
        This service asks for one. It is kept in this tab alone, until you close it.
      </p>
    </div>
  );
}
