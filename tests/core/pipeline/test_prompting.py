from core.pipeline.conversations import Conversation, Turn
from core.pipeline.prompting import KEPT_TURNS, prompt_for
from shared.domain.lesson import Lesson


def test_the_model_is_told_the_lesson_the_last_turns_and_the_question() -> None:
    lesson = Lesson("Physics", "Light", ("Light scatters.",))
    conversation = Conversation(session_id="s", lesson=lesson, instructions="Speak slowly.")
    history = [Turn(turn_id=str(i), role="user", text=f"Question {i}") for i in range(30)]
    history.append(Turn(turn_id="30", role="assistant", text=""))
    prompt = prompt_for(conversation, history, "Why?")
    assert prompt.lesson == lesson
    assert prompt.messages[0].role == "system"
    assert "Light scatters." in prompt.messages[0].content
    assert prompt.messages[0].content.endswith("Speak slowly.")
    assert len(prompt.messages) == 1 + KEPT_TURNS - 1 + 1
    assert (prompt.messages[-2].content, prompt.messages[-1].content) == ("Question 29", "Why?")
