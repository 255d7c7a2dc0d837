// Passkeys need a script: browsers speak of them to nothing else. Without one the page says what to do instead.
function bytes(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
}

function text(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

const known = (one) => ({ ...one, id: bytes(one.id) });

// What the server asks, with bytes where the browser wants bytes.
function asked({ publicKey }) {
  const question = { ...publicKey, challenge: bytes(publicKey.challenge) };
  if (publicKey.user) {
    question.user = { ...publicKey.user, id: bytes(publicKey.user.id) };
  }
  for (const list of ["allowCredentials", "excludeCredentials"]) {
    if (publicKey[list]) {
      question[list] = publicKey[list].map(known);
    }
  }
  return { publicKey: question };
}

const PARTS = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];

// What the device answers, as text the server reads.
function answered(key) {
  const given = PARTS.filter((part) => key.response[part]);
  return JSON.stringify({
    id: key.id,
    rawId: text(key.rawId),
    type: key.type,
    response: Object.fromEntries(given.map((part) => [part, text(key.response[part])])),
    clientExtensionResults: key.getClientExtensionResults(),
  });
}

async function question(form) {
  if (form.dataset.question) {
    return JSON.parse(form.dataset.question);
  }
  const response = await fetch(form.dataset.from, { headers: { Accept: "application/json" } });
  if (!response.ok) {
    throw new Error(`${response.status}`);
  }
  return response.json();
}

export function offerPasskeys(root) {
  for (const form of root.querySelectorAll("form[data-cw-passkey]")) {
    const told = form.querySelector("[role=status]");
    if (!window.PublicKeyCredential) {
      told.textContent = told.dataset.unsupported;
      continue;
    }
    told.textContent = "";
    form.querySelector("[data-cw-passkey-offer]").hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      told.textContent = "";
      try {
        const key = await navigator.credentials[form.dataset.cwPasskey](asked(await question(form)));
        form.elements.credential.value = answered(key);
      } catch (refused) {
        const again = refused.name === "InvalidStateError" && told.dataset.known;
        told.textContent = again || told.dataset.failed;
        return;
      }
      form.submit();
    });
  }
}
