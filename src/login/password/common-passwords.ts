// Words and strings that head every published list of leaked passwords, in lower case. What people put around them (digits,
// years, a sign at the end, look-alike characters) is taken off before looking here, so that each stands for a family:
// see is-common.ts. Runs, dates and keyboard walks are recognised there and need no entry.
export const commonPasswords = new Set(
  `
password passwort passwd passw0rd pass passpass passphrase pa55word pwd kennwort motdepasse contrasena senha parola haslo wachtwoord losenord
letmein letmeinnow openup opensesame open access accessgranted enter welcome welcomeback willkommen bienvenue hello hellohello hallo hallohallo
hallowelt helloworld goodbye default changeme changeit change newpassword mypassword yourpassword thepassword nopassword secret topsecret
supersecret mysecret geheim private secure security admin administrator administration root toor guest guestuser user username login logmein
signin master masterkey system server computer internet network database backup temporary temppass temp test tester testing testtest testuser
demo sample example qwert qwerty qwertyuiop qwertyui qwertz qwertzui qwertzuiop azerty azertyuiop asdf asdfasdf asdfgh asdfghjk asdfghjkl
asdfjkl asd zxcv zxcvbn zxcvbnm zxczxc qazwsx qazwsxedc wsxedc qweasd qweasdzxc qwe qweqwe qwer qwerqwer qwerasdf asdzxc poiuytrewq lkjhgfdsa mnbvcxz
abc abcd abcde abcdef abcdefg abcdefgh abcabc aaa abcxyz xyz iloveyou ilovey iloveu iloveyouso iloveme ilovehim iloveher ilovegod iloveyou2 iloveyoubaby loveyou
lovely loveme lovers lover love lovelove truelove mylove myloves babylove babygirl babyboy baby babydoll sweetheart sweetie sweet sweetness
honey honeybee darling sunshine sunflower sunset sunrise sun moon moonlight moonshine starlight stars star starwars startrek superstar rockstar allstar
princess prince queen king kingkong dragon dragonball dragonfly monkey monkeys monkeyman donkey gorilla tiger tigers tigger lion lions panther
panthers bear bears wolf wolfpack wolves eagle eagles falcon falcons hawk hawkeye phoenix raven ravens shark dolphin dolphins butterfly bulldog
bulldogs dog doggie puppy kitty kitten hellokitty cat cats pussycat chicken turtle rabbit bunny pony horse horses elephant giraffe penguin
spider spiderman superman batman ironman wolverine captain deadpool avengers pokemon pikachu charizard mario luigi zelda sonic naruto sasuke
goku vegeta minecraft fortnite roblox halo halflife counterstrike playstation xbox nintendo gameboy gamecube gamer gaming warcraft starcraft diablo
skyrim matrix matrix1 terminator gandalf frodo hobbit aragorn legolas harrypotter hogwarts dumbledore jedi skywalker darthvader yoda stargate
football fussball futbol soccer baseball basketball softball hockey volleyball tennis golf golfer golfing rugby cricket racing nascar skater skateboard
snowboard surfing swimming wrestling boxing running karate yankees redsox mets cubs dodgers giants braves lakers celtics bulls knicks cowboys steelers
packers raiders redskins broncos patriots vikings chargers chelsea arsenal liverpool manchester manutd manchesterunited everton barcelona realmadrid juventus bayern
bayernmunich dortmund schalke hamburg chicago boston newyork dallas houston phoenix texas florida california hawaii london paris berlin amsterdam rome madrid
america american canada england germany deutschland france italy mexico brazil india pakistan australia europe russia china japan
michael michelle jennifer jessica amanda ashley nicole daniel danielle matthew andrew anthony joshua justin brandon christopher christian christina
christine jonathan nicholas alexander alexandra alexandre alexis samantha elizabeth stephanie melissa rebecca vanessa victoria veronica
jordan jordan23 robert richard charles charlie william thomas taylor tyler hunter hunter2 ginger george harley maggie pepper cookie cookies buster
bailey buddy rocky shadow snoopy garfield mickey mickeymouse minnie donald goofy disney winnie tinkerbell barbie simpsons homer bart patrick spongebob
samuel steven stephen jackson johnson williams anderson martinez rodriguez hernandez gonzalez fernandez francisco alejandro alejandra sebastian
gabriel gabriela isabella isabelle valentina carolina fernanda estrella mariposa teamo tequiero amigos bonita hermosa chocolate vanilla strawberry
blueberry raspberry banana orange apple cherry peaches pineapple coconut pumpkin potato tomato cheese cheesecake pizza burger bacon coffee whiskey
vodka tequila corona budweiser heineken guinness jackdaniels marlboro cocacola pepsi pepsicola redbull snickers cupcake icecream pancake muffin
peanut peanutbutter jellybean gummybear lollipop candy sugar spice diamond diamonds crystal golden goldfish silver platinum purple yellow green blue
red black white pink orange rainbow blackjack blackout blackcat blackbird blacklabel whiteboy snowball snowflake snowman snow winter spring summer autumn
fall sommer herbst fruehling january february march april may june july august september october november december monday tuesday wednesday thursday
friday saturday sunday christmas halloween easter birthday holiday vacation freedom liberty justice peace peaceful peaceandlove hope faith trust trustno1 trustno
trustme believe blessed blessing jesus jesuschrist jesus1 christ heaven heavenly angel angels angelica guardian holy spirit bible church pastor godisgood
godislove jehovah lord devil demon satan hell hellfire vampire zombie zombies ghost dracula witch wizard magic magical merlin mystic fantasy fantasia dream
dreams dreamer dreaming destiny forever foreverlove always together friends friend friendship bestfriend family mother father mommy daddy
daddysgirl sister brother mama papa mamapapa familia school college university student teacher english history science mathematics chemistry
doctor nurse lawyer police firefighter fireman soldier marine marines army navy airforce military sniper assassin killer ninja samurai warrior
warriors gladiator spartan spartans viking pirate pirates cowboy cowgirl knight knights legend legends legendary hero heroes champion champions winner
loser player players gangster gangsta hustler pimp thuglife playboy sexy sexygirl sexyboy sexything fuck fuckyou fuckoff fuckme fucker motherfucker
asshole bastard bitch bitches bullshit shithead dickhead whatever nothing something anything everything nobody noone whocares idontknow idontcare
dontknow forgot forget forgetit remember rememberme mustang ferrari porsche mercedes bmw audi toyota honda yamaha kawasaki suzuki ducati harleydavidson
corvette camaro chevrolet chevy ford cadillac lamborghini maserati bugatti subaru mitsubishi nissan volkswagen motorola samsung iphone
android windows microsoft linux ubuntu debian apple1 macintosh macbook google facebook twitter instagram youtube myspace linkedin yahoo hotmail gmail netscape
adobe photoshop oracle cisco juniper rockyou chelseafc nirvana metallica slipknot linkinpark greenday blink blink182 beatles rollingstones pinkfloyd ledzeppelin
eminem tupac biggie rihanna beyonce shakira madonna britney britneyspears justinbieber onedirection ladygaga michaeljackson elvis elvispresley guitar guitarist
drummer drums piano violin music musica musical musicman dance dancer dancing ballet singer singing rocknroll rock rockandroll hiphop reggae bobmarley
marley ganja weed smoke smokeweed marijuana cannabis mountain mountains river ocean beach island forest thunder lightning storm hurricane tornado
fire firebird firefly fireball flames water waterfall earth planet universe galaxy cosmos apollo mercury venus jupiter saturn neptune pluto
nothing1 success successful power powerful strong strength money moneymoney dollar millionaire billionaire business marketing manager director president
america1 scorpion scorpio gemini taurus aquarius capricorn sagittarius libra virgo cancer leo pisces viper cobra python rattlesnake crocodile
alligator dinosaur unicorn pegasus cinderella snowwhite rapunzel pocahontas aladdin jasmine ariel simba nemo shrek bubbles blossom buttercup
flower flowers rose roses tulip daisy lily orchid violet gardenia precious beautiful gorgeous handsome pretty cutie cutiepie cute angeleyes brooklyn
madison savannah sydney austin phoenix1 denver seattle portland detroit atlanta miami orlando tampa cleveland pittsburgh philadelphia baltimore
trinity neo morpheus admin123 p@ssword p@ssw0rd pa$$word pa$$w0rd gfhjkm gfhjkmgfhjkm 1q2w3e 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx 1qaz2wsx3edc 1qazxsw2 zaq12wsx zaq1zaq1 zaq1xsw2 q1w2e3 q1w2e3r4
q1w2e3r4t5 qwe123 123qwe 123qweasd qweasd123 qwer1234 asdf1234 zxcv1234 1234qwer a1b2c3 a1b2c3d4 abc123 abcd1234 123abc 1234abcd a1234567 a12345678 a123456789
1a2b3c 1a2b3c4d 12qwaszx 1qw23er4 p0o9i8u7 147258369 159357 159753 147852369 963852741 741852963 789456123 987654321 11223344 1122334455
12344321 123454321 12345654321 123123123 123321123 10203040 102030 11112222 12121212 13131313 21212121 69696969 420420420 112233445566 1029384756
31415926 3141592654 27182818 12345679 18436572 77777771 5201314 1314520 woaini woaini1314 iloveyou520 caonima tinkle
`
    .trim()
    .split(/\s+/),
)
