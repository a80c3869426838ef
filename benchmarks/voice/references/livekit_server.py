"""A voice tutor on LiveKit Agents, with the benchmark's stand-ins for vendors.

    python livekit_server.py PORT [--end-of-turn silence|model]

silence: its bundled voice detector and END_OF_TURN_S of silence; 0.2 s of speech interrupts.
model: the framework's defaults, its bundled end-of-turn model.
A plain WebSocket stands in for WebRTC and all sessions share one process, which is cheaper than its own deployment:
binary PCM16 up at 16 kHz and down at 24 kHz, {"type": "interrupted"} to drop what was not played.
"""

import argparse
import asyncio
import logging
import time

import providers
from aiohttp import WSMsgType, web
from livekit import rtc
from livekit.agents import Agent, AgentSession, llm, stt, tts, utils
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS
from livekit.agents.voice import io

MICROPHONE_RATE = 16_000
AHEAD_S = 0.4


class Recogniser(stt.STT):
    """Hears the same words in every utterance."""

    def __init__(self):
        super().__init__(capabilities=stt.STTCapabilities(streaming=False, interim_results=False))

    async def _recognize_impl(self, buffer, *, language=None, conn_options=None):
        words = stt.SpeechData(language="en", text=await providers.transcribe())
        return stt.SpeechEvent(type=stt.SpeechEventType.FINAL_TRANSCRIPT, alternatives=[words])


class Answer(llm.LLMStream):
    """One answer, token by token."""

    async def _run(self):
        async for token in providers.answer():
            delta = llm.ChoiceDelta(role="assistant", content=token)
            self._event_ch.send_nowait(llm.ChatChunk(id="mock", delta=delta))


class Model(llm.LLM):
    """Answers every context with the same words."""

    def chat(self, *, chat_ctx, tools=None, conn_options=DEFAULT_API_CONNECT_OPTIONS, **_):
        return Answer(self, chat_ctx=chat_ctx, tools=tools or [], conn_options=conn_options)


class Sentence(tts.ChunkedStream):
    """One sentence, hummed."""

    async def _run(self, output_emitter):
        output_emitter.initialize(
            request_id=utils.shortuuid(), sample_rate=providers.SPEECH_RATE, num_channels=1, mime_type="audio/pcm"
        )
        async for pcm in providers.speak(self.input_text):
            output_emitter.push(pcm)
        output_emitter.flush()


class Synthesiser(tts.TTS):
    """Hums as long as each sentence would take to say."""

    def __init__(self):
        capabilities = tts.TTSCapabilities(streaming=False)
        super().__init__(capabilities=capabilities, sample_rate=providers.SPEECH_RATE, num_channels=1)

    def synthesize(self, text, *, conn_options=DEFAULT_API_CONNECT_OPTIONS):
        return Sentence(tts=self, input_text=text, conn_options=conn_options)


class Tutor(Agent):
    """Tells the caller when its turn has ended."""

    def __init__(self, socket):
        super().__init__(instructions="You are a tutor.")
        self._socket = socket

    async def on_user_turn_completed(self, turn_ctx, new_message):
        await self._socket.send_str('{"type":"turn_ended"}')


class Microphone(io.AudioInput):
    """What the caller sends."""

    def __init__(self):
        super().__init__(label="caller")
        self._frames = utils.aio.Chan()

    def hear(self, pcm):
        self._frames.send_nowait(rtc.AudioFrame(pcm, MICROPHONE_RATE, 1, len(pcm) // 2))

    async def __anext__(self):
        return await self._frames.__anext__()


class Loudspeaker(io.AudioOutput):
    """Sends audio to the caller, at most AHEAD_S before it is played, and tells the session how far it was heard."""

    def __init__(self, socket):
        capabilities = io.AudioOutputCapabilities(pause=False)
        super().__init__(label="caller", capabilities=capabilities, sample_rate=providers.SPEECH_RATE)
        self._socket = socket
        self._waiting = asyncio.Queue()
        self._began = None
        self._sent_s = 0.0
        self._unfinished = False
        self._player = asyncio.create_task(self._play())
        self._orders = set()

    async def capture_frame(self, frame):
        await super().capture_frame(frame)
        self._unfinished = True
        self._waiting.put_nowait(bytes(frame.data))

    def flush(self):
        super().flush()
        self._waiting.put_nowait(None)

    def clear_buffer(self):
        self._player.cancel()
        self._waiting = asyncio.Queue()
        self._player = asyncio.create_task(self._play())
        if self._began is not None:
            order = asyncio.create_task(self._socket.send_str('{"type":"interrupted"}'))
            self._orders.add(order)
            order.add_done_callback(self._orders.discard)
            self._finish(min(self._sent_s, time.monotonic() - self._began), interrupted=True)
        elif self._unfinished:
            self._finish(0.0, interrupted=True)

    def close(self):
        self._player.cancel()

    async def _play(self):
        while True:
            pcm = await self._waiting.get()
            if pcm is None:
                await self._end()
                continue
            if self._began is None:
                self._began = time.monotonic()
                self.on_playback_started(created_at=time.time())
            await asyncio.sleep(max(0.0, self._ahead_s() - AHEAD_S))
            self._sent_s += len(pcm) / 2 / providers.SPEECH_RATE
            await self._socket.send_bytes(pcm)

    async def _end(self):
        if self._began is not None:
            await asyncio.sleep(max(0.0, self._ahead_s()))
            self._finish(self._sent_s, interrupted=False)

    def _ahead_s(self):
        return self._began + self._sent_s - time.monotonic()

    def _finish(self, position, *, interrupted):
        self._began, self._sent_s, self._unfinished = None, 0.0, False
        self.on_playback_finished(playback_position=position, interrupted=interrupted)


def turn_handling(end_of_turn):
    """Return how turns are taken."""
    if end_of_turn == "model":
        return {"interruption": {"mode": "vad"}}
    return {
        "turn_detection": "vad",
        "endpointing": {"min_delay": providers.END_OF_TURN_S},
        "interruption": {"mode": "vad", "min_duration": 0.2, "resume_false_interruption": False},
    }


def application(end_of_turn):
    """Return the app that gives each socket its session."""

    async def talk(request):
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        session = AgentSession(
            stt=Recogniser(),
            llm=Model(),
            tts=Synthesiser(),
            turn_handling=turn_handling(end_of_turn),
            aec_warmup_duration=None,
        )
        microphone, loudspeaker = Microphone(), Loudspeaker(socket)
        session.input.audio, session.output.audio = microphone, loudspeaker
        await session.start(Tutor(socket), record=False)
        try:
            async for message in socket:
                if message.type == WSMsgType.BINARY:
                    microphone.hear(message.data)
        finally:
            loudspeaker.close()
            await session.aclose()
        return socket

    app = web.Application()
    app.router.add_get("/ws", talk)
    return app


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port", type=int)
    parser.add_argument("--end-of-turn", default="silence", choices=["silence", "model"])
    asked = parser.parse_args()
    logging.disable(logging.WARNING)
    web.run_app(application(asked.end_of_turn), host="127.0.0.1", port=asked.port, print=None, access_log=None)
