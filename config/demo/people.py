"""Names for invented people: ordinary ones, from many places, combined at random."""

from random import Random

FIRST = (
    "Ada Adrian Agnes Aisha Alba Alex Amara Amir Ana Anders Andrea Anja Anton Asha Astrid Beata Ben Bianca "
    "Bruno Camille Carla Carlos Chiara Chloe Clara Daan Daniel David Diego Dina Edith Elena Elias Elif Emil "
    "Emma Erik Esther Eva Fatima Felix Finn Flora Frida Gabriel Gita Greta Hana Hannah Hassan Hugo Ida Igor "
    "Ines Ingrid Iris Isaac Ivan Jakub James Jana Jasper Joana Jonas Jude Julia Kai Karin Kasper Katya Kim "
    "Klara Lara Lars Layla Lea Leo Lina Lorenzo Louis Lucia Luka Magnus Maja Marco Maria Marta Mateo Maya "
    "Mei Mila Milan Mira Mohammed Nadia Naomi Nia Nils Nina Noah Nora Olga Oliver Omar Oscar Paula Pedro "
    "Petra Priya Quentin Rafael Rana Rasmus Ravi Rita Robin Rosa Ruben Rui Ruth Sam Sara Selma Simon Sofia "
    "Stefan Sven Tara Teo Theo Thomas Tilda Tomas Uma Vera Viktor Wanda Yara Yusuf Zara Zoe"
).split()

LAST = (
    "Abbott Adeyemi Ahmed Alvarez Andersson Bakker Baptiste Bauer Becker Berg Bianchi Blom Bodnar Brandt "
    "Brown Caruso Castro Chen Clarke Costa Cruz Dahl Dubois Duarte Ellis Engel Esposito Evans Farah Ferrari "
    "Fischer Flores Fontaine Forsberg Fraser Garcia Girard Grant Gruber Gupta Haas Hansen Harris Hassan "
    "Herrera Hill Holm Horvat Hughes Ibrahim Ivanova Jansen Jensen Johansson Jones Joshi Kaya Keller Khan "
    "Kim Kowalski Krause Kumar Lambert Larsen Laurent Leroy Lindholm Lopez Lund Maier Marin Martin Mbeki "
    "Mendes Meyer Moreau Moretti Morris Muller Murphy Nakamura Navarro Nguyen Nielsen Novak Nowak Okafor "
    "Olsen Ortiz Osei Owens Park Patel Pereira Peters Petrov Popescu Price Quinn Ramos Rao Reed Reyes Ricci "
    "Rossi Roux Ruiz Santos Sato Schmidt Scott Shah Silva Singh Sousa Stewart Suzuki Svensson Tanaka Taylor "
    "Torres Turner Varga Vasquez Vega Visser Vogel Wagner Walker Wang Weber White Wilson Wong Wright Yilmaz "
    "Young Zhang Ziegler"
).split()


def full_name(random: Random) -> str:
    """A first and a last name."""
    return f"{random.choice(FIRST)} {random.choice(LAST)}"


def address(name: str, number: int, domain: str) -> str:
    """An e-mail address at a domain reserved for examples; the number keeps it unique."""
    return f"{name.lower().replace(' ', '.')}.{number}@{domain}"
