"""Which threes of letters stand in many names, so that a search asks for those that tell people apart.

A fixed table, made once from some 20,000 first and family names of Irish, British, Polish, Romanian, Lithuanian,
Portuguese, Spanish, German, French, Czech, Italian, Croatian and Dutch use. It is fixed on purpose: counting our own
people would let those whom a viewer may not know of steer what that viewer finds.
"""

#: Three characters each, the most common first.
_COMMON = (
    "  m  c  san   a ma  d  b  g  k  r  l  j  p  hon ne na er   t  f  e  nmacey   oin  ca  wmar colanen "
    "ia ry as  roes   vellla ian daandra sonart pall ie  an ka jaine brill jocarhan dely is ann do saley"
    " st alel or le ari ke hanneran leard  iay lin beharonata lliinany  mi ba moberarr ni gaarariaman gr"
    "liachaelianeanaallterelacon sity eanhy ste lastard  chtonren geani shathrisaledonriclenherbriain ki"
    "lle poda  nacheal nnagh  me va tollasha here ert wacolnorhel retinonnennth van homonrinnn se  frant"
    "sin giarlriearyns ka  race insgratanaroaoilisolaearoneek  jullyus rt  dioll lo findrichganeriistkin"
    "accbar jemil elole pealicla se lu clnierainanaghnd ielnic lica cu te lor duionid ic  taacgrneneshe "
    "der ar viskastiar kasescierdan no  zsa ullaur boancdy ciaeneneyonieirrosausingva dralieronsan wiare"
    "ng tt uliiliiy thaminea oy ccaami muoisio org ru riitaarcniaenahalscularentgarinnaileraettdrecorfra"
    " godarrrieleisilesorenal amwarrleholjanalaak owenatrthro ernam tor adstomy avieen nediama oraiusair"
    "olimeakericaachlauno  crndevicdenrraersaldnasnelcy err fawallivthyuskughch  feilelonni omaovameller"
    "mor hulynad arklounnodo aulbreeverna currytheroierermavenobr pintohilseagernso konisshencematke  bu"
    "adrresreaottanoatertykelverndanniackeilredrrede unakatash fobra ai sokearobfrertiwilnolhendriorieor"
    " orime olace civin emrlaylesz hamlea tuatareyrolri icebendor obiniiarto canld reephecatferlawordil "
    "geojulnerosehomck eryame pryanradryamasigh suankkar asnag phaveaig teneanetjos thochleoormuresh ory"
    "lucginientia einarphigleeadondoinyneah gil kr guneiaunthotomselja onohau erleeony flrs permitcalada"
    "ustadetriivaorremicz os ise scee  bijac trvalmieparirisimeonreirayig onsllodinlasragdunmeset paurac"
    "tra whlexdavsy  ryarnethisaithwicdelephougys acdlo gor lyorlcastasewibrosla osco irsriddamsarac  we"
    "omiickttefiontemer"
)

_RANK = {_COMMON[at : at + 3]: at for at in range(0, len(_COMMON), 3)}


def telling(trigrams: frozenset[str], most: int) -> list[str]:
    """The `most` trigrams that the fewest names have, rarest first; the same for everybody who asks."""
    return sorted(trigrams, key=lambda trigram: (-_RANK.get(trigram, len(_COMMON)), trigram))[:most]
