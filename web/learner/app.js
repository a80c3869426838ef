/** The learner page: puts the parts together and decides which of its three views is shown. */
import { address, Catalogue } from "./catalogue.js";
import { Controls } from "./controls.js";
import { Conversation } from "./conversation.js";
import { findTopic, LessonView, openers, termsOf } from "./lesson.js";
import { Notices } from "./notices.js";
import { Api, ApiError } from "./session.js";
import { SignIn } from "./sign-in.js";
import { forgetToken, storedToken, takeTokenFromAddress } from "./token.js";
import { Transcript } from "./transcript.js";

const byId = (id) => document.getElementById(id);
const WIDE = matchMedia("(min-width: 60rem)");

/** The part of the address whose view is shown. */
let shown = null;

takeTokenFromAddress();

const api = new Api(storedToken);
const notices = new Notices(byId("notices"), byId("notice"));
const signIn = new SignIn(byId("sign-in"));
const controls = new Controls(document);
const lesson = new LessonView(document.querySelector(".about"), api, byId("figure"));
const catalogue = new Catalogue({
  cards: byId("cards"),
  cardTemplate: byId("card"),
  topics: byId("topics"),
  topicTemplate: byId("topic"),
});
const transcript = new Transcript({
  list: byId("turns"),
  scroller: byId("scroller"),
  template: byId("turn"),
  announcer: byId("announcer"),
});
const conversation = new Conversation({
  api,
  transcript,
  notices,
  listeners: {
    change: (state) => controls.show(state),
    started: (seconds) => controls.startTimer(seconds),
    level: (level) => controls.showLevel(level),
    playback: showPlayback,
    picture: showPicture,
    needsToken,
  },
});

/** What plays now is also an event of the page, for whoever watches it from outside. */
function showPlayback(status) {
  controls.showVoice(status.buffered > 0 ? status.level : 0);
  document.dispatchEvent(new CustomEvent("unamentis:playback", { detail: status }));
}

async function needsToken() {
  const refused = storedToken() !== null;
  forgetToken();
  showSignOut();
  await signIn.ask(refused ? "That token was not accepted. It may have expired or been withdrawn." : "");
  showSignOut();
}

function showSignOut() {
  byId("sign-out").hidden = storedToken() === null;
}

/** Show the view the address asks for, unless the learner has moved on before it was loaded. */
async function route() {
  const asked = location.search;
  shown = asked;
  conversation.leave();
  notices.clearAll();
  byId("main").setAttribute("aria-busy", "true");
  try {
    const render = await load(new URLSearchParams(asked));
    if (shown === asked) {
      await render();
    }
  } catch (error) {
    await explain(error);
  } finally {
    byId("main").removeAttribute("aria-busy");
  }
}

/** Fetch what a view needs and return the function that shows it. */
async function load(parameters) {
  const [curriculumId, topicId] = [parameters.get("curriculum"), parameters.get("topic")];
  if (curriculumId && topicId) {
    const curriculum = await api.document(curriculumId);
    return () => showLesson(curriculumId, curriculum, topicId);
  }
  if (curriculumId) {
    const curriculum = await api.curriculum(curriculumId);
    return () => showTopics(curriculum);
  }
  const curricula = await api.curricula();
  return () => showCurricula(curricula);
}

async function explain(error) {
  if (!(error instanceof ApiError)) {
    throw error;
  }
  if (error.status === 401) {
    await needsToken();
    await route();
  } else {
    notices.show("page", `${error.message} ${error.advice}`.trim(), { label: "Try again", run: route });
  }
}

function showCurricula(curricula) {
  catalogue.showCurricula(curricula);
  show("catalogue", "catalogue-title", "UnaMentis");
}

function showTopics(curriculum) {
  byId("curriculum-title").textContent = curriculum.title;
  byId("curriculum-description").textContent = curriculum.description;
  catalogue.showTopics(curriculum);
  show("curriculum", "curriculum-title", curriculum.title);
}

async function showLesson(curriculumId, curriculum, topicId) {
  const topic = findTopic(curriculum, topicId);
  if (!topic) {
    throw new ApiError("This lesson is not part of the subject any more.", { status: 404, code: "not_found" });
  }
  showOpeners(openers(topic, termsOf(curriculum, topic)));
  controls.resetTimer();
  const loading = [lesson.show(curriculum, topic), conversation.choose(curriculumId, topicId)];
  show("lesson", "lesson-title", topic.title, { href: address({ curriculum: curriculumId }), text: curriculum.title });
  await Promise.all(loading);
}

/** Show a picture the tutor refers to. */
async function showPicture(asset) {
  try {
    transcript.showFigure(await lesson.figure(asset));
  } catch (error) {
    if (!(error instanceof ApiError)) {
      throw error;
    }
    notices.show("picture", `A picture could not be loaded. ${error.message}`);
  }
}

function showOpeners(questions) {
  const items = questions.map((question) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "secondary";
    button.textContent = question;
    button.addEventListener("click", () => conversation.ask(question));
    const item = document.createElement("li");
    item.append(button);
    return item;
  });
  byId("openers").querySelector("ul").replaceChildren(...items);
}

function show(view, headingId, title, crumb) {
  for (const section of document.querySelectorAll("[data-view]")) {
    section.hidden = section.dataset.view !== view;
  }
  document.body.dataset.shows = view;
  document.title = title === "UnaMentis" ? title : `${title} · UnaMentis`;
  document.querySelector(".crumbs").hidden = view === "catalogue";
  byId("crumb").hidden = !crumb;
  if (crumb) {
    Object.assign(byId("crumb").firstElementChild, { href: crumb.href, textContent: crumb.text });
  }
  showSignOut();
  scrollTo(0, 0);
  byId(headingId).focus({ preventScroll: true });
}

/** Follow the page's own links without loading it again. */
function followLink(event) {
  const link = event.target.closest("a[data-route]");
  if (link && !event.metaKey && !event.ctrlKey && !event.shiftKey && event.button === 0) {
    event.preventDefault();
    history.pushState(null, "", link.getAttribute("href"));
    route();
  }
}

function enlarge(event) {
  const button = event.target.closest(".picture button");
  if (button) {
    const [image, caption] = byId("enlarged").querySelectorAll("img, figcaption");
    const { src, alt } = button.querySelector("img");
    Object.assign(image, { src, alt });
    caption.textContent = button.nextElementSibling.textContent;
    byId("enlarged").showModal();
  }
}

function signOut() {
  forgetToken();
  history.pushState(null, "", "/");
  route();
}

function fitAbout() {
  byId("about-more").open = WIDE.matches;
}

controls.attach(conversation);
document.addEventListener("click", followLink);
document.addEventListener("click", enlarge);
byId("sign-out").addEventListener("click", signOut);
WIDE.addEventListener("change", fitAbout);
addEventListener("popstate", () => location.search !== shown && route());
addEventListener("hashchange", () => takeTokenFromAddress() && location.reload());
fitAbout();
route();
