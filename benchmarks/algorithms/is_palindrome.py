def is_palindrome(text: str) -> bool:
    """Tell whether a text reads the same from both ends; case and anything but letters and digits do not matter."""
    letters = [char.lower() for char in text if char.isalnum()]
    return all(letters[i] == letters[-i - 1] for i in range(len(letters) // 2))
