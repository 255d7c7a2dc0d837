// A form whose answer takes a while shows how far it is. Without this, the browser shows its own sign of waiting.
const OK = 200;
const WHOLE = 100;

function show(place, request) {
  const says = place.querySelector("[data-cw-wait-says]");
  const bar = place.querySelector("[data-cw-wait-bar]");
  place.hidden = false;
  bar.hidden = false;
  bar.value = 0;
  says.textContent = says.dataset.sending;
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) bar.value = (WHOLE * event.loaded) / event.total;
  });
  request.upload.addEventListener("load", () => {
    bar.removeAttribute("value");
    says.textContent = says.dataset.working;
  });
  return (how) => {
    bar.hidden = true;
    says.textContent = says.dataset[how];
  };
}

function save(blob, disposition) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = /filename="([^"]+)"/.exec(disposition)[1];
  link.click();
  URL.revokeObjectURL(link.href);
}

async function turnTo(blob, begin) {
  const fresh = new DOMParser().parseFromString(await blob.text(), "text/html");
  document.title = fresh.title;
  const main = fresh.querySelector("main");
  document.querySelector("main").replaceWith(document.adoptNode(main));
  begin(main);
  main.tabIndex = -1;
  if (!main.querySelector(".govuk-error-summary")) main.focus();
  window.scrollTo(0, 0);
}

function send(form, begin) {
  const request = new XMLHttpRequest();
  const end = show(form.querySelector("[data-cw-wait-shown]"), request);
  const button = form.querySelector("button");
  button.disabled = true;
  request.responseType = "blob";
  request.addEventListener("loadend", () => {
    button.disabled = false;
    const disposition = request.getResponseHeader("Content-Disposition");
    const elsewhere = request.responseURL && request.responseURL.split("#")[0] !== form.action;
    if (!request.status) end("failed");
    else if (elsewhere) window.location.assign(request.responseURL);
    else if (disposition && request.status === OK) {
      save(request.response, disposition);
      end("saved");
    } else turnTo(request.response, begin);
  });
  request.open("POST", form.action);
  request.send(new FormData(form));
}

export function offerWaiting(root, begin) {
  for (const form of root.querySelectorAll("[data-cw-wait]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send(form, begin);
    });
  }
}
