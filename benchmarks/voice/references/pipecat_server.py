"""A voice tutor on Pipecat, as its documentation builds one, with the benchmark's stand-ins for vendors.

    python pipecat_server.py PORT [--end-of-turn silence|model]

silence: Silero's 0.2 s and a speech timeout that makes the silence END_OF_TURN_S in all.
model: the framework's default, its bundled Smart Turn model.
One pipeline per connection, in one process behind uvicorn.
"""

import argparse

import providers
import uvicorn
from fastapi import FastAPI, WebSocket
from loguru import logger
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.frames.frames import (
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair, LLMUserAggregatorParams
from pipecat.serializers.protobuf import ProtobufFrameSerializer
from pipecat.services.llm_service import LLMService
from pipecat.services.settings import LLMSettings, STTSettings, TTSSettings
from pipecat.services.stt_service import SegmentedSTTService
from pipecat.services.tts_service import TTSService
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport
from pipecat.turns.user_start import VADUserTurnStartStrategy
from pipecat.turns.user_stop import SpeechTimeoutUserTurnStopStrategy
from pipecat.turns.user_turn_strategies import UserTurnStrategies
from pipecat.utils.time import time_now_iso8601
from pipecat.workers.runner import WorkerRunner

VAD_SILENCE_S = 0.2
MICROPHONE_RATE = 16_000


class Recogniser(SegmentedSTTService):
    """Hears the same words in every utterance."""

    async def run_stt(self, audio):
        yield TranscriptionFrame(await providers.transcribe(), "", time_now_iso8601())


class Model(LLMService):
    """Answers every context with the same words."""

    async def process_frame(self, frame, direction):
        await super().process_frame(frame, direction)
        if not isinstance(frame, LLMContextFrame):
            await self.push_frame(frame, direction)
            return
        await self.push_frame(LLMFullResponseStartFrame())
        async for token in providers.answer():
            await self._push_llm_text(token)
        await self.push_frame(LLMFullResponseEndFrame())


class Synthesiser(TTSService):
    """Hums as long as the sentence would take to say."""

    def __init__(self):
        super().__init__(
            sample_rate=providers.SPEECH_RATE,
            push_start_frame=True,
            push_stop_frames=True,
            stop_frame_timeout_s=0.3,
            settings=TTSSettings(model=None, voice=None, language=None),
        )

    async def run_tts(self, text, context_id):
        async for pcm in providers.speak(text):
            yield TTSAudioRawFrame(pcm, providers.SPEECH_RATE, 1, context_id=context_id)


def turn_strategies(end_of_turn):
    """Return how turns end; None is the framework's default."""
    if end_of_turn == "model":
        return None
    timeout = SpeechTimeoutUserTurnStopStrategy(user_speech_timeout=providers.END_OF_TURN_S - VAD_SILENCE_S)
    return UserTurnStrategies(start=[VADUserTurnStartStrategy()], stop=[timeout])


def build(transport, end_of_turn):
    """Return the pipeline of one caller."""
    context = LLMContextAggregatorPair(
        LLMContext(),
        user_params=LLMUserAggregatorParams(
            vad_analyzer=SileroVADAnalyzer(), user_turn_strategies=turn_strategies(end_of_turn)
        ),
    )
    learner, tutor = context
    stages = [
        transport.input(),
        Recogniser(settings=STTSettings(model=None, language=None)),
        learner,
        Model(settings=LLMSettings(model="mock")),
        Synthesiser(),
        transport.output(),
        tutor,
    ]
    rates = PipelineParams(audio_in_sample_rate=MICROPHONE_RATE, audio_out_sample_rate=providers.SPEECH_RATE)
    return PipelineWorker(Pipeline(stages), params=rates)


def application(end_of_turn):
    """Return the app that gives each socket its pipeline."""
    app = FastAPI()

    @app.websocket("/ws")
    async def talk(websocket: WebSocket):
        await websocket.accept()
        options = FastAPIWebsocketParams(
            audio_in_enabled=True,
            audio_out_enabled=True,
            audio_in_sample_rate=MICROPHONE_RATE,
            audio_out_sample_rate=providers.SPEECH_RATE,
            serializer=ProtobufFrameSerializer(),
        )
        transport = FastAPIWebsocketTransport(websocket, options)
        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(build(transport, end_of_turn))

        @transport.event_handler("on_client_disconnected")
        async def hung_up(*_):
            await runner.cancel()

        await runner.run()

    return app


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port", type=int)
    parser.add_argument("--end-of-turn", default="silence", choices=["silence", "model"])
    asked = parser.parse_args()
    logger.remove()
    uvicorn.run(application(asked.end_of_turn), host="127.0.0.1", port=asked.port, log_level="error", ws_max_queue=256)
