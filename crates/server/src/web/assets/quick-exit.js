// Leaves the page at once: by its button, or by pressing Shift three times. The page is blanked first,
// since the other site may take a moment to come, and does not stay behind the button "back".
(function () {
  "use strict";
  // How long three presses may take, in milliseconds.
  var TOGETHER = 2000;
  var link = document.querySelector(".quick-exit");
  if (!link) {
    return;
  }

  function leave() {
    document.documentElement.classList.add("leaving");
    document.title = "\u200b";
    window.location.replace(link.href);
  }

  link.addEventListener("click", function (event) {
    event.preventDefault();
    leave();
  });

  var presses = [];
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Shift" || event.repeat) {
      if (event.key !== "Shift") {
        presses = [];
      }
      return;
    }
    var now = Date.now();
    presses.push(now);
    presses = presses.filter(function (press) {
      return now - press <= TOGETHER;
    });
    if (presses.length >= 3) {
      leave();
    }
  });

  // A page that comes back from the browser's memory is asked for again: it may show what is over.
  window.addEventListener("pageshow", function (event) {
    if (event.persisted) {
      window.location.reload();
    }
  });
})();
