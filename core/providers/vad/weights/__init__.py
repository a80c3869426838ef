"""The weights of Silero VAD 6.2.3 (16 kHz), under the MIT licence beside this file, and how they are re-made."""
