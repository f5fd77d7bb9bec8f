"""Letters moved along the alphabet."""


def encrypt(text: str, shift: int) -> str:
    """Move each letter of the alphabet by shift places; all else stays."""
    result = []
    for letter in text:
        if "a" <= letter <= "z":
            result.append(chr((ord(letter) - ord("a") + shift) % 26 + ord("a")))
        elif "A" <= letter <= "Z":
            result.append(chr((ord(letter) - ord("A") + shift) % 26 + ord("A")))
        else:
            result.append(letter)
    return "".join(result)


def decrypt(text: str, shift: int) -> str:
    """Undo encrypt with the same shift."""
    return encrypt(text, -shift)
