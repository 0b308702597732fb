// The ceremony of a passkey, which only a script can hold. The page brings the options, the script asks
// the browser, and an ordinary form takes the answer back.
(function () {
  "use strict";
  var form = document.querySelector("form[data-passkey]");
  if (!form) {
    return;
  }
  var button = form.querySelector("button");
  var failed = document.querySelector("[data-passkey-failed]");
  var missing = document.querySelector("[data-passkey-missing]");

  if (!window.PublicKeyCredential || !navigator.credentials) {
    missing.hidden = false;
    button.disabled = true;
    return;
  }

  function bytes(text) {
    var plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, function (one) {
      return one.charCodeAt(0);
    });
  }

  function text(buffer) {
    var plain = "";
    new Uint8Array(buffer).forEach(function (one) {
      plain += String.fromCharCode(one);
    });
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  function described(list) {
    return (list || []).map(function (one) {
      return Object.assign({}, one, { id: bytes(one.id) });
    });
  }

  function asked(options) {
    var of = Object.assign({}, options, { challenge: bytes(options.challenge) });
    if (of.user) {
      of.user = Object.assign({}, of.user, { id: bytes(of.user.id) });
    }
    if (of.excludeCredentials) {
      of.excludeCredentials = described(of.excludeCredentials);
    }
    if (of.allowCredentials) {
      of.allowCredentials = described(of.allowCredentials);
    }
    return of;
  }

  function answered(credential) {
    var given = credential.response;
    var response = { clientDataJSON: text(given.clientDataJSON) };
    if (given.attestationObject) {
      response.attestationObject = text(given.attestationObject);
      if (given.getTransports) {
        response.transports = given.getTransports();
      }
    } else {
      response.authenticatorData = text(given.authenticatorData);
      response.signature = text(given.signature);
      response.userHandle = given.userHandle ? text(given.userHandle) : null;
    }
    return {
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      response: response,
      extensions: credential.getClientExtensionResults(),
    };
  }

  function begin() {
    failed.hidden = true;
    button.disabled = true;
    var options = JSON.parse(form.dataset.options);
    var publicKey = asked(options.publicKey || options);
    var ceremony =
      form.dataset.passkey === "create"
        ? navigator.credentials.create({ publicKey: publicKey })
        : navigator.credentials.get({ publicKey: publicKey });
    ceremony.then(
      function (credential) {
        form.elements.namedItem("answer").value = JSON.stringify(answered(credential));
        // Past the listener below.
        HTMLFormElement.prototype.submit.call(form);
      },
      function () {
        button.disabled = false;
        failed.hidden = false;
        failed.focus();
      }
    );
  }

  form.addEventListener("submit", function (event) {
    event.preventDefault();
    begin();
  });
})();
