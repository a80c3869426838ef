"""Other names of the same thing, and names of different things that look or sound alike. Our own lists."""

from typing import Final

from shared.domain.answers.forms import form_of

# Each line is one thing.
_SAME: Final = """
    united states | united states of america | usa | us | america
    united kingdom | uk | great britain | britain
    soviet union | ussr | union of soviet socialist republics
    myanmar | burma
    sri lanka | ceylon
    thailand | siam
    iran | persia
    istanbul | constantinople
    mumbai | bombay
    beijing | peking
    ho chi minh city | saigon
    czechia | czech republic
    ivory coast | cote divoire
    netherlands | holland
    eswatini | swaziland
    mount everest | everest | sagarmatha | chomolungma
    denali | mount mckinley
    new york city | new york | nyc
    los angeles | la
    washington dc | washington d c
    great war | world war i | world war 1 | first world war | wwi | ww1
    second world war | world war ii | world war 2 | wwii | ww2
    french and indian war | seven years war
    american civil war | war between states
    united nations | un
    european union | eu
    north atlantic treaty organization | nato
    national aeronautics and space administration | nasa
    world health organization | who
    magna carta | great charter
    water | h2o
    carbon dioxide | co2
    carbon monoxide | co
    table salt | salt | sodium chloride | nacl
    baking soda | sodium bicarbonate | nahco3
    hydrochloric acid | hcl
    sulfuric acid | sulphuric acid | h2so4
    ammonia | nh3
    methane | ch4
    laughing gas | nitrous oxide | n2o
    vitamin c | ascorbic acid
    deoxyribonucleic acid | dna
    ribonucleic acid | rna
    adenosine triphosphate | atp
    iron | fe
    gold | au
    silver | ag
    sodium | na
    potassium | k
    mercury | hg | quicksilver
    lead | pb
    tin | sn
    tungsten | wolfram
    aluminum | aluminium
    sulfur | sulphur
    cesium | caesium
    red blood cell | erythrocyte
    white blood cell | leukocyte
    platelet | thrombocyte
    windpipe | trachea
    voice box | larynx
    collarbone | clavicle
    shoulder blade | scapula
    breastbone | sternum
    kneecap | patella
    shinbone | shin | tibia
    thighbone | femur
    jawbone | mandible
    north star | polaris
    milky way | our galaxy
    gravity | gravitation
    velocity of light | speed of light
    twelve | dozen
    pythagorean theorem | pythagoras theorem
    mark twain | samuel clemens | samuel langhorne clemens
    george orwell | eric blair | eric arthur blair
    lewis carroll | charles dodgson | charles lutwidge dodgson
    voltaire | francois marie arouet
    george eliot | mary ann evans
    dr seuss | seuss | theodor geisel | theodor seuss geisel
    o henry | william sydney porter
    muhammad ali | cassius clay
    pele | edson arantes do nascimento
    malcolm x | malcolm little
    mohandas gandhi | mahatma gandhi | gandhi
    jfk | john f kennedy | john fitzgerald kennedy
    fdr | franklin d roosevelt | franklin delano roosevelt
    mlk | martin luther king | martin luther king jr
    jupiter | jove
    heracles | hercules
    odysseus | ulysses
    bible | holy bible
    koran | quran
    torah | pentateuch
    soccer | association football
    ping pong | table tennis
    movie | film | motion picture
    car | automobile
    plane | airplane | aeroplane
    photograph | photo
    color | colour
    theater | theatre
    gray | grey
    program | programme
"""

# Each line names things that are easily taken for each other and never the same; any two of a line differ.
_DIFFERENT: Final = """
    austria | australia
    iran | iraq
    niger | nigeria
    slovakia | slovenia
    mali | malawi | mauritius | mauritania
    zambia | gambia
    paraguay | uruguay
    guinea | guyana | ghana
    latvia | lithuania
    sweden | switzerland
    dominica | dominican republic
    georgia | jordan
    budapest | bucharest
    manet | monet
    mitosis | meiosis
    afferent | efferent
    ileum | ilium
    perineum | peritoneum
    ureter | urethra
    sulfate | sulfite | sulfide
    nitrate | nitrite | nitride
    chlorate | chlorite | chloride
    phosphate | phosphite
    ethane | ethene | ethyne
    methane | ethane
    propane | propene
    methanol | ethanol
    anion | cation
    anode | cathode
    isotope | isotone | isomer
    proton | photon
    neutron | neutrino
    fission | fusion
    concave | convex
    latitude | longitude
    stalactite | stalagmite
    median | mean
    sine | cosine
    secant | cosecant
    numerator | denominator
    emigration | immigration
    plato | pluto
    hobbes | hobbs
    magnesium | manganese
    mars | marx
    tudor | tutor
    marie curie | pierre curie
    charlotte bronte | emily bronte | anne bronte
    thomas mann | horace mann
    darwin | dawkins
    hilton | milton
    haydn | handel
    mercury | venus
    oxide | peroxide
    fluoride | chloride | bromide | iodide
    cretaceous | carboniferous
    prokaryote | eukaryote
    adenine | adenosine
    thymine | thiamine
    arctic | antarctic
    aerobic | anaerobic
    symmetric | asymmetric
    theism | atheism
    monarchy | anarchy
    stoic | stoichiometry
    adverb | verb
    simile | smile
"""

# Words that turn an answer into another one; two answers that differ in one of them are not nearly the same.
_TURNING_WORDS: Final = """
    not no non never without anti north south east west northern southern eastern western northeast northwest
    southeast southwest upper lower inner outer left right major minor greater lesser big little positive negative
    male female man woman king queen prince princess father mother son daughter brother sister husband wife hot cold
    new old primary secondary tertiary first second third before after acid base elder younger senior junior
"""
TURNING: Final = frozenset(_TURNING_WORDS.split())

# Beginnings that turn a word into its opposite.
OPPOSED: Final = (
    ("hyper", "hypo"), ("endo", "exo"), ("endo", "ecto"), ("inter", "intra"), ("macro", "micro"), ("pro", "anti"),
    ("ex", "in"), ("ex", "im"), ("iso", "aniso"), ("mono", "poly"), ("homo", "hetero"), ("over", "under"),
    ("up", "down"), ("pre", "post"), ("sym", "asym"), ("super", "sub"), ("uni", "bi"), ("bi", "tri"), ("di", "tri"),
    ("di", "mono"), ("con", "di"), ("de", "in"), ("as", "des"), ("ab", "ad"),
)  # fmt: skip


def _groups(lines: str) -> list[list[str]]:
    return [[name.strip() for name in line.split("|")] for line in lines.strip().splitlines()]


# By a name in the form of answers of the type text.
SYNONYMS: Final[dict[str, frozenset[str]]] = {}
for _group in _groups(_SAME):
    _names = frozenset(form_of(name, "text").text for name in _group)
    for _name in _names:
        SYNONYMS[_name] = SYNONYMS.get(_name, frozenset()) | _names

_CONFUSED: Final = frozenset(
    frozenset((one, other)) for group in _groups(_DIFFERENT) for one in group for other in group if one != other
)


def are_different(one: str, other: str) -> bool:
    """Tell whether two normalised texts are known to name different things."""
    return frozenset((one, other)) in _CONFUSED


def are_opposed(one: str, other: str) -> bool:
    """Tell whether two words are the same but for beginnings that are opposed, as in hypertension and hypotension."""
    return any(
        (one.startswith(first) and other.startswith(second) and one[len(first) :] == other[len(second) :])
        or (one.startswith(second) and other.startswith(first) and one[len(second) :] == other[len(first) :])
        for first, second in OPPOSED
    )
