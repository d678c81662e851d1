"""What every list of words in this house is made of."""

from enum import StrEnum


class Word(StrEnum):
    """A stored word with the label that people read: NAME = "value", "Label"."""

    def __new__(cls, value, label):
        word = str.__new__(cls, value)
        word._value_ = value
        word.label = label
        return word

    @classmethod
    def choices(cls):
        """(value, label) pairs in the order written, for a form."""
        return [(word.value, word.label) for word in cls]
