"""The process that recognises speech: pocketsphinx holds the GIL and a core while it thinks, so it lives apart.

Run as `python -m core.providers.stt.sphinx_worker`. It reads requests from standard input, each a 4-byte little-endian
length and a MessagePack `Request`, and answers each with one JSON line, a `Reply`. It ends with its standard input,
so it never outlives the process that started it.
"""

import os
import sys
import tempfile
from array import array
from collections import OrderedDict
from hashlib import sha256
from typing import Final

import msgspec
import pocketsphinx

from core.providers import espeak
from core.providers.stt.language_model import END, START, arpa, corpus, words
from core.providers.stt.orthography import as_sentence, spellings
from core.providers.stt.pronunciation import arpabet
from core.providers.stt.sphinx_wire import HEADER, Reply, Request
from shared.errors import ProviderUnavailable

# Lessons whose language models are kept, about 30 MB each; the least recently used goes first.
KEPT_LESSONS: Final = 3
# The most frequent words of general English a lesson's model keeps; more do not lower the word error.
BACKGROUND_WORDS: Final = 20_000
# A lesson longer than this is cut: a model of it is built in about a second.
MOST_WORDS: Final = 60_000
# A sentence this surprising to the lesson's model, in log10 a word, is tried with the general model as well: it may be
# about something else. Twenty equally likely words at each step are 1.3.
SURPRISE: Final = 1.3
# The general model wins only where its score is this much better: it has more freedom to fit noise.
GENERAL_HANDICAP: Final = 0.03
# Below this peak (of 32767) there is no speech to look for, and a recogniser made to find words would find some.
SILENCE_PEAK: Final = 250


class Recogniser:
    """One decoder with a language model for each lesson beside the general one."""

    def __init__(self) -> None:
        self._decoder = pocketsphinx.Decoder(loglevel="FATAL")
        self._background = self._general_words()
        self._lessons: OrderedDict[str, dict[str, str]] = OrderedDict()

    def hear(self, pcm: bytes, phrases: list[str]) -> tuple[str, float]:
        """Return the sentence heard and how sure the recogniser is, 0 to 1; silence is the empty sentence.

        The same audio and phrases always give the same answer: nothing is carried over between utterances.
        """
        name = self._lesson(phrases)
        samples = array("h", pcm[: len(pcm) & ~1])
        if not samples or (max(samples) < SILENCE_PEAK and min(samples) > -SILENCE_PEAK):
            return "", 1.0
        text, score = self._decode(pcm, name)
        if self._surprise(text, name) > SURPRISE:
            general_text, general_score = self._decode(pcm, None)
            if general_score > score + GENERAL_HANDICAP:
                text, score = general_text, general_score
        return as_sentence(text, self._lessons[name]), round(min(max(score, 0.0), 1.0), 3)

    def _surprise(self, text: str, search: str) -> float:
        """Return how little the lesson's model expected the words, in log10 a word."""
        padded = [START, *text.split(), END]
        model = self._decoder.get_lm(search)
        total = sum(model.prob(padded[max(0, i - 2) : i + 1][::-1]) for i in range(1, len(padded)))
        return -self._decoder.get_logmath().log_to_log10(total) / (len(padded) - 1)

    def _decode(self, pcm: bytes, search: str | None) -> tuple[str, float]:
        """Return the words and score of one pass with the lesson's model, or with the general one."""
        decoder = self._decoder
        decoder.activate_search(search)
        decoder.start_stream()
        decoder.start_utt()
        decoder.process_raw(pcm, full_utt=True)
        decoder.end_utt()
        found = decoder.hyp()
        return (found.hypstr, found.score) if found and found.hypstr else ("", 0.0)

    def _lesson(self, phrases: list[str]) -> str:
        """Return the name of the lesson's search, made when it is new."""
        name = sha256("\n".join(phrases).encode()).hexdigest()
        if name in self._lessons:
            self._lessons.move_to_end(name)
            return name
        sentences = [sentence for sentence in corpus(_cut(phrases)) if all(self._known(word) for word in sentence)]
        with tempfile.TemporaryDirectory(prefix="unamentis-lm-") as folder:
            path = os.path.join(folder, "lesson.arpa")
            with open(path, "w", encoding="ascii") as file:
                file.write(arpa(sentences, self._background))
            model = pocketsphinx.NGramModel(self._decoder.config, self._decoder.get_logmath(), path)
            self._decoder.add_lm(name, model)
        self._lessons[name] = spellings(phrases)
        if len(self._lessons) > KEPT_LESSONS:
            oldest, _ = self._lessons.popitem(last=False)
            self._decoder.remove_search(oldest)
        return name

    def _known(self, word: str) -> bool:
        """Say whether the dictionary has a word, after trying to add it as espeak-ng would say it."""
        if self._decoder.lookup_word(word) is not None:
            return True
        try:
            phones = arpabet(espeak.phonemes(word))
        except ProviderUnavailable:  # a platform without espeak-ng: sentences with this word are left out
            return False
        if not phones:
            return False
        self._decoder.add_word(word, phones, update=False)
        return True

    def _general_words(self) -> dict[str, float]:
        """Return the most frequent words of the recogniser's own model and their shares."""
        model, log = self._decoder.get_lm(), self._decoder.get_logmath()
        with open(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict"), encoding="utf-8") as lines:
            spelled = {line.split(maxsplit=1)[0] for line in lines if "(" not in line.split(maxsplit=1)[0]}
        shares = sorted(
            ((log.exp(model.prob([word])), word) for word in spelled if words(word) == [word]), reverse=True
        )
        kept = [(share, word) for share, word in shares[:BACKGROUND_WORDS] if share > 0]
        total = sum(share for share, _ in kept)
        return {word: share / total for share, word in kept}


def _cut(phrases: list[str]) -> list[str]:
    """Return the phrases up to the most words a model is made of."""
    kept: list[str] = []
    room = MOST_WORDS
    for phrase in phrases:
        room -= len(phrase.split())
        if room < 0:
            break
        kept.append(phrase)
    return kept


def main() -> None:
    """Answer requests until standard input ends."""
    requests, replies = sys.stdin.buffer, sys.stdout.buffer
    recogniser = Recogniser()
    decoder, encoder = msgspec.msgpack.Decoder(Request), msgspec.json.Encoder()
    while header := requests.read(HEADER.size):
        request = decoder.decode(requests.read(HEADER.unpack(header)[0]))
        text, confidence = recogniser.hear(request.pcm, request.phrases)
        replies.write(encoder.encode(Reply(request.id, text, confidence)) + b"\n")
        replies.flush()


if __name__ == "__main__":
    main()
