"""The words that sample data is made of."""

_CITIES = """
United States: New York, Los Angeles, Chicago, Houston, Philadelphia, San Diego, Dallas, Austin, Denver, Boston, Seattle, Miami
Canada: Toronto, Montréal, Vancouver, Calgary, Ottawa, Québec
United Kingdom: London, Manchester, Birmingham, Leeds, Glasgow, Edinburgh, Bristol, Cardiff, Belfast
Ireland: Dublin, Cork, Galway
Germany: Berlin, Hamburg, München, Köln, Frankfurt, Stuttgart, Düsseldorf, Leipzig, Nürnberg
Austria: Wien, Graz, Salzburg
Switzerland: Zürich, Genève, Basel, Bern
France: Paris, Lyon, Marseille, Toulouse, Nantes, Lille, Besançon
Belgium: Bruxelles, Antwerpen, Gent, Liège
Netherlands: Amsterdam, Rotterdam, Utrecht, Eindhoven, Den Haag
Spain: Madrid, Barcelona, Valencia, Sevilla, Málaga, Bilbao, La Coruña
Portugal: Lisboa, Porto, Braga
Italy: Roma, Milano, Torino, Napoli, Bologna, Firenze
Denmark: København, Aarhus, Odense
Sweden: Stockholm, Göteborg, Malmö, Uppsala
Norway: Oslo, Bergen, Trondheim, Tromsø
Finland: Helsinki, Tampere, Turku, Jyväskylä
Poland: Warszawa, Kraków, Wrocław, Gdańsk, Łódź
Czechia: Praha, Brno, Plzeň
Hungary: Budapest, Debrecen
Romania: București, Cluj-Napoca, Iași
Greece: Athens, Thessaloniki
Türkiye: İstanbul, Ankara, İzmir
Brazil: São Paulo, Rio de Janeiro, Curitiba, Brasília
Argentina: Buenos Aires, Córdoba, Rosario
Mexico: Ciudad de México, Guadalajara, Monterrey, Mérida
Chile: Santiago, Valparaíso
Colombia: Bogotá, Medellín
South Africa: Cape Town, Johannesburg, Durban
Kenya: Nairobi, Mombasa
Nigeria: Lagos, Abuja
Egypt: Cairo, Alexandria
India: Mumbai, Delhi, Bengaluru, Hyderabad, Chennai, Pune
Japan: Tokyo, Osaka, Kyoto, Nagoya, Sapporo
South Korea: Seoul, Busan, Incheon
China: 上海, 北京, 深圳, 杭州
Singapore: Singapore
Australia: Sydney, Melbourne, Brisbane, Perth, Adelaide
New Zealand: Auckland, Wellington, Christchurch
"""

PLACES: list[tuple[str, str]] = [
    (city, country)
    for line in _CITIES.strip().splitlines()
    for country, cities in [line.split(": ")]
    for city in cities.split(", ")
]

# Names, and how they are spelled in an e-mail address.
CHINESE_LAST = (("李", "li"), ("王", "wang"), ("张", "zhang"), ("陈", "chen"), ("刘", "liu"))
CHINESE_FIRST = (("伟", "wei"), ("芳", "fang"), ("娜", "na"), ("静", "jing"), ("磊", "lei"), ("洋", "yang"))

# Only names that can never belong to anybody (RFC 2606 and 6761).
DOMAINS = (
    "example.com", "example.org", "example.net", "mail.example", "inbox.example", "post.example", "northwind.example",
    "acme.example", "bluebird.example", "harbor.example", "lumen.example", "oakfield.example",
)  # fmt: skip

QUALITY = (
    "Classic", "Compact", "Everyday", "Folding", "Handmade", "Light", "Modern", "Nordic", "Organic", "Portable",
    "Quiet", "Rugged", "Slim", "Smart", "Soft", "Vintage",
)  # fmt: skip
MATERIAL = (
    "Aluminium", "Bamboo", "Ceramic", "Copper", "Cotton", "Glass", "Leather", "Linen", "Oak", "Steel", "Titanium",
    "Walnut", "Wool",
)  # fmt: skip
THING = (
    "Backpack", "Blanket", "Bottle", "Bowl", "Chair", "Clock", "Desk", "Headphones", "Jacket", "Keyboard", "Kettle",
    "Knife", "Lamp", "Mug", "Notebook", "Pillow", "Planter", "Shelf", "Speaker", "Stool", "Table", "Tent", "Towel",
    "Tray", "Wallet",
)  # fmt: skip
FEATURE = (
    "made to last for years", "easy to clean and to repair", "folds flat in seconds", "with a five-year guarantee",
    "light enough for every day", "made in small batches", "ships in recycled cardboard", "tested in daily use",
)  # fmt: skip

BRANDS = (
    "Alder & Ash", "Birka", "Café Lumière", "Dunmore", "Eikon", "Fjord Works", "Größe", "Halcyon", "Ito", "Juniper",
    "Kestrel", "Lindqvist", "Maré", "Niño", "Oriel", "Pike & Sons", "Quill", "Rowantree", "Sable", "Tern",
)  # fmt: skip
CATEGORIES = (
    "Electronics", "Home", "Kitchen", "Clothing", "Sports", "Garden", "Office", "Toys", "Books", "Beauty",
)  # fmt: skip

DID = (
    "Asked for a quote for {n} seats", "Met at the spring trade fair", "Wants a call about pricing",
    "Saw the demo with two colleagues", "Needs an export to their old system", "Renewal is due in {n} days",
    "Compares us with one other offer", "Is happy with the first {n} weeks", "Reported a slow report page",
    "Forwarded our offer to purchasing",
)  # fmt: skip
NEXT = (
    "call back in {month}", "send the contract by {month}", "waiting for their answer", "follow up after the holidays",
    "decision expected in {month}", "budget is set in {month}", "no action for now", "invite to the {month} webinar",
)  # fmt: skip
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
