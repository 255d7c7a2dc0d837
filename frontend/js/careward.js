// Every page works without this file; it only makes some things quicker.
import {
  Button,
  Checkboxes,
  ErrorSummary,
  NotificationBanner,
  Radios,
  SkipLink,
  createAll,
} from "govuk-frontend";

import { offerCopying } from "./copy.js";
import { offerDropping } from "./drop.js";
import { offerLooking } from "./live.js";
import { offerHandling } from "./paper.js";
import { offerPasskeys } from "./passkey.js";
import { offerWaiting } from "./wait.js";

// A part of a page that came later, too.
function begin(root) {
  createAll(Button, { preventDoubleClick: true }, root);
  createAll(Checkboxes, undefined, root);
  createAll(ErrorSummary, undefined, root);
  createAll(NotificationBanner, undefined, root);
  createAll(Radios, undefined, root);
  offerCopying(root);
  offerDropping(root);
  offerHandling(root);
  offerLooking(root);
  offerPasskeys(root);
  offerWaiting(root, begin);
}

createAll(SkipLink);
begin(document);
