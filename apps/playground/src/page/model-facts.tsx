// What the open model is, and what is to be known of its samples.
import type { ModelView, ProfileView } from "../protocol.js";
import { sizeText } from "./numbers.js";

export function ModelFacts({ model, profile }: { model: ModelView; profile: ProfileView | null }) {
  return (
    <div class="facts">
      <p>
        <b>{model.name}</b> · {sizeText(model.bytes)} · {model.sites.length} sites,{" "}
        {model.sites.reduce((sum, site) => sum + site.neurons, 0)} neurons · {model.formats.join(" and ")}
      </p>
      {model.random && (
        <p class="warning" role="note">
          <b>Random data.</b> No samples were given: the inputs are made up, and neither the plan nor its
          errors tell anything about real inputs. Drop samples too.
        </p>
      )}
      <ul class="small">
        {model.weights.length > 0 && <li>weights from {model.weights.join(", ")}</li>}
        {model.notes
          .filter((note) => !note.startsWith("RANDOM"))
          .map((note) => (
            <li key={note}>{note}</li>
          ))}
        {profile && profile.measured < profile.wanted && (
          <li>
            Cancelled: the plan comes from {profile.measured} of {profile.wanted} samples, and was not
            measured.
          </li>
        )}
      </ul>
    </div>
  );
}
