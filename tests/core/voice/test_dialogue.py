import math

import pytest

from core.voice.dialogue import Dialogue, Microphone
from core.voice.endpointing import RATE, Timing
from core.voice.events import Command, Event
from core.voice.turns import State
from core.voice.weighing import Saying

WINDOW = 512
SILENCE = bytes(2 * WINDOW)
TIMING = Timing(longest_ms=1_000)


def speak(dialogue: Dialogue, windows: int, probability: float = 0.9) -> list[Command]:
    commands: list[Command] = []
    for _ in range(windows):
        commands += dialogue.hear(SILENCE)
        commands += dialogue.decided(probability, WINDOW)
    return commands


def hands_free() -> Dialogue:
    return Dialogue(TIMING, Microphone(hands_free=True))


def test_an_open_microphone_hears_a_turn() -> None:
    dialogue = hands_free()
    assert dialogue.listening
    commands = speak(dialogue, 40, 0.0) + speak(dialogue, 10) + speak(dialogue, 25, 0.0)
    assert commands == [
        Command.TELL_SPEECH_STARTED,
        Command.LISTEN,
        Command.PREPARE,
        Command.TELL_SPEECH_ENDED,
        Command.RELEASE,
    ]
    assert dialogue.speech_ms == 320


def test_an_utterance_keeps_the_sound_before_its_first_word() -> None:
    dialogue = hands_free()
    speak(dialogue, 40, 0.0)
    speak(dialogue, 5)
    assert dialogue.utterance_from == 40 * WINDOW - RATE // 5
    assert dialogue.utterance_until == 45 * WINDOW


def test_silence_is_forgotten_and_speech_is_not() -> None:
    dialogue = hands_free()
    speak(dialogue, 1_000, 0.0)
    assert dialogue.recorder.position - dialogue.recorder.first <= 2 * RATE + WINDOW
    first = dialogue.recorder.first
    speak(dialogue, 25)
    assert dialogue.recorder.first == first


def test_without_a_detector_the_button_makes_the_utterance() -> None:
    dialogue = Dialogue(TIMING, Microphone(detect=False))
    assert dialogue.start_recording() == (Command.TELL_SPEECH_STARTED, Command.LISTEN)
    assert dialogue.start_recording() == ()
    assert dialogue.hear(SILENCE) == ()
    assert dialogue.stop_recording() == (Command.PREPARE, Command.TELL_SPEECH_ENDED, Command.RELEASE)
    assert dialogue.speech_ms == 32
    assert not dialogue.listening
    assert dialogue.stop_recording() == ()


def test_a_button_held_in_silence_hears_nothing() -> None:
    undetected = Dialogue(TIMING, Microphone(detect=False))
    undetected.start_recording()
    assert undetected.stop_recording()[-1] is Command.TELL_NOTHING_HEARD
    detected = Dialogue(TIMING, Microphone())
    detected.start_recording()
    assert speak(detected, 5, 0.0) == []
    assert detected.stop_recording() == (Command.TELL_NOTHING_HEARD,)


def test_a_button_held_for_ever_is_let_go() -> None:
    dialogue = Dialogue(TIMING, Microphone(detect=False))
    dialogue.start_recording()
    commands = dialogue.hear(bytes(2 * RATE))
    assert commands == (Command.PREPARE, Command.TELL_SPEECH_ENDED, Command.RELEASE)


def over_the_tutor(microphone: Microphone) -> Dialogue:
    dialogue = Dialogue(TIMING, microphone)
    dialogue.receive(Event.TEXT_ASKED)
    dialogue.receive(Event.AUDIO_STARTED)
    assert dialogue.state is State.TUTOR
    return dialogue


def test_speaking_over_the_tutor_holds_it_until_the_words_are_known() -> None:
    dialogue = over_the_tutor(Microphone(hands_free=True))
    assert speak(dialogue, 2) == [Command.HOLD, Command.TELL_SPEECH_STARTED, Command.LISTEN]
    assert dialogue.understood("Too early", Saying()) == ()
    assert speak(dialogue, 5) + speak(dialogue, 3, 0.0) == [Command.PREPARE]
    assert dialogue.understood("Wait, why?", Saying()) == (Command.INTERRUPT,)
    assert dialogue.state is State.PAUSED


def test_a_nod_over_the_tutor_is_no_turn() -> None:
    dialogue = over_the_tutor(Microphone(hands_free=True))
    speak(dialogue, 7)
    speak(dialogue, 3, 0.0)
    assert dialogue.understood("Okay.", Saying("Light scatters.")) == ()
    assert speak(dialogue, 20, 0.0)[-1] is Command.RESUME
    assert dialogue.state is State.THINKING


def test_words_that_never_come_are_no_turn() -> None:
    dialogue = over_the_tutor(Microphone(hands_free=True))
    speak(dialogue, 7)
    speak(dialogue, 20, 0.0)
    assert dialogue.state is State.JUDGING
    assert dialogue.understood(None, Saying())[-1] is Command.RESUME


def test_what_is_said_again_before_the_words_are_known_is_one_utterance() -> None:
    dialogue = over_the_tutor(Microphone(hands_free=True))
    speak(dialogue, 7)
    begin = dialogue.utterance_from
    speak(dialogue, 20, 0.0)
    assert speak(dialogue, 3) == [Command.DISCARD, Command.LISTEN]
    assert dialogue.utterance_from == begin
    assert dialogue.recorder.first <= begin


@pytest.mark.parametrize("detect", [True, False])
def test_a_button_over_the_tutor_interrupts_it(detect: bool) -> None:  # a parameter of the test
    dialogue = over_the_tutor(Microphone(detect=detect))
    assert Command.INTERRUPT in [*dialogue.start_recording(), *speak(dialogue, 3)]
    assert dialogue.state is State.LEARNER


def test_audio_nobody_has_decided_on_is_counted() -> None:
    dialogue = hands_free()
    dialogue.hear(SILENCE)
    assert dialogue.undecided == WINDOW
    dialogue.decided(0.0, WINDOW)
    assert dialogue.undecided == 0


def test_words_that_must_go_on_are_waited_for() -> None:
    dialogue = hands_free()
    dialogue.understood("Light and", Saying())  # nobody has spoken yet
    speak(dialogue, 10)
    assert Command.PREPARE in speak(dialogue, 3, 0.0)
    dialogue.understood("Light and", Saying())
    assert Command.RELEASE not in speak(dialogue, 20, 0.0)
    assert Command.RELEASE in speak(dialogue, 5, 0.0)


def test_there_is_calm_while_nobody_speaks_but_not_while_a_button_is_held() -> None:
    dialogue = hands_free()
    assert dialogue.calm_ms() == TIMING.onset_ms
    dialogue.hear(bytes(640))
    assert dialogue.calm_ms() == TIMING.onset_ms - 20
    dialogue = Dialogue(TIMING, Microphone(detect=False))
    assert dialogue.calm_ms() == math.inf
    dialogue.start_recording()
    assert dialogue.calm_ms() == 0
