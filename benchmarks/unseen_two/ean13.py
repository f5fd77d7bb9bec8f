def ean_check_digit(digits: str) -> int:
    if len(digits) != 12 or not digits.isdigit():
        raise ValueError("twelve digits are needed")
    total = sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(digits))
    return (10 - total % 10) % 10


def is_ean(code: str) -> bool:
    return len(code) == 13 and code.isdigit() and ean_check_digit(code[:12]) == int(code[12])
