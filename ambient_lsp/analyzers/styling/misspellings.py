"""Misspellings that are no word in any field, each with the one word that was meant.

Not here: British and American spellings, words with two possible corrections, words of other languages, names,
abbreviations, and words that some protocol spells wrong on purpose (`referer`).
"""

from __future__ import annotations

_PAIRS = """
abbrevation abbreviation|abbriviation abbreviation|abitrary arbitrary|absense absence|absolutly absolutely
accesible accessible|accessable accessible|accidentaly accidentally|accidently accidentally|accomodate accommodate
accomodation accommodation|accross across|acheive achieve|acheived achieved|achive achieve|acknowlege acknowledge
acommodate accommodate|activly actively|actualy actually|acutally actually|adddress address|addional additional
additionaly additionally|additonal additional|addtional additional|adress address|adressed addressed
adresses addresses|advertisment advertisement|affter after|agressive aggressive|agressively aggressively
algorith algorithm|algorithim algorithm|alignement alignment|allready already|allways always|alows allows
alreay already|alredy already|alwasy always|alwyas always|ammount amount|amoung among|anaylsis analysis
anohter another|anotehr another|apparantly apparently|appearence appearance|appeneded appended|appropiate appropriate
appropriatly appropriately|approriate appropriate|approximatly approximately|aproximate approximate|aquire acquire
aquired acquired|arbitary arbitrary|arbitray arbitrary|argment argument|arguement argument|arguements arguments
arguemnt argument|argumnet argument|asign assign|asigned assigned|assginment assignment|assigment assignment
assoicated associated|assosiated associated|asssociated associated|assumtion assumption|asychronous asynchronous
asynchonous asynchronous|asyncronous asynchronous|atribute attribute|atributes attributes|attibute attribute
attrbute attribute|attribtue attribute|attriubte attribute|autentication authentication|authenication authentication
authentification authentication|automaticaly automatically|automaticly automatically|avaiable available
availabe available|availble available|availible available|avaliable available|averge average|avilable available
backwords backwards|basicly basically|beacuse because|beause because|becasue because|becouse because|becuase because
beetween between|beggining beginning|begining beginning|behaivor behavior|behavoir behavior|behavour behaviour
beleive believe|benefical beneficial|betweeen between|betwen between|bewteen between|boundarys boundaries
boundries boundaries|boundry boundary|broswer browser|bufer buffer|caculate calculate|calback callback
calcualte calculate|calculatd calculated|calculcate calculate|caluclate calculate|calulate calculate
cannonical canonical|capabilites capabilities|caracter character|caracters characters|catagories categories
catagory category|cateogry category|charachter character|charachters characters|charater character
charaters characters|charcter character|charcters characters|cheking checking|choosen chosen|chracter character
chracters characters|clearify clarify|coloumn column|comamnd command|comand command|comandline commandline
comited committed|commited committed|commiting committing|commmand command|compability compatibility
comparision comparison|comparisions comparisons|comparsion comparison|compatability compatibility
compatable compatible|compatbility compatibility|compatibilty compatibility|compatiblity compatibility
completly completely|complient compliant|componenet component|compontent component|compresion compression
concatentate concatenate|concatination concatenation|concurent concurrent|conditionaly conditionally
conditon condition|condtion condition|conection connection|confgiuration configuration|configration configuration
configuation configuration|configuraton configuration|confuguration configuration|connectiom connection
connnection connection|consistancy consistency|consistant consistent|constrcutor constructor|constuctor constructor
consturct construct|containes contains|containg containing|contaning containing|contet content|contian contain
contians contains|continous continuous|continously continuously|continueing continuing|contraint constraint
contraints constraints|controled controlled|controler controller|contructor constructor|contstraint constraint
convertion conversion|convienience convenience|convienient convenient|convinience convenience|convinient convenient
coordiante coordinate|cordinate coordinate|cordinates coordinates|corespond correspond|coresponding corresponding
correclty correctly|correctely correctly|correctnes correctness|correponding corresponding|corresonding corresponding
correspoding corresponding|corrosponding corresponding|curent current|curently currently|currenlty currently
currenty currently|currrent current|customzie customize|custum custom|databsae database|databse database
datatabse database|deafult default|deault default|declaraton declaration|decrese decrease|decribe describe
decribes describes|defalt default|defaut default|defautl default|defenition definition|defered deferred
definately definitely|definitly definitely|definiton definition|definitons definitions|defintion definition
defintions definitions|defualt default|delimeter delimiter|delimeters delimiters|delimter delimiter|delted deleted
deltion deletion|dependancies dependencies|dependancy dependency|dependecies dependencies|dependecy dependency
dependend dependent|desciption description|descripter descriptor|descripton description|descrition description
desription description|destinaton destination|destory destroy|destroied destroyed|detecing detecting
determin determine|developement development|developper developer|developpers developers|devide divide|devided divided
dicitonary dictionary|dictionay dictionary|dictionnary dictionary|dictonary dictionary|diferent different
differnece difference|differnt different|differrent different|diffferent different|diffrence difference
diffrent different|dimensonal dimensional|dimention dimension|dimentions dimensions|dimesion dimension
direcly directly|direcory directory|direcotry directory|directroy directory|disapear disappear|disbale disable
discoverd discovered|discription description|dissapear disappear|documenation documentation|documentaion documentation
documention documentation|documetation documentation|donwload download|dowload download|downlaod download
duplciate duplicate|dupliate duplicate|duplicats duplicates|effecient efficient|effeciently efficiently
efficency efficiency|efficent efficient|eleminate eliminate|elemnt element|elment element|elments elements|empyt empty
emtpy empty|encapulate encapsulate|encodig encoding|enconding encoding|encounterd encountered|encoutered encountered
endcoded encoded|enhancment enhancement|enocde encode|enviornment environment|enviroment environment
enviroments environments|environement environment|environemnt environment|envrionment environment|equaly equally
equavalent equivalent|equivalant equivalent|equivelant equivalent|equivilent equivalent|essentialy essentially
evalute evaluate|evaluted evaluated|evalutes evaluates|evaulate evaluate|eventualy eventually|everthing everything
exaclty exactly|exactely exactly|examle example|excecute execute|excecuted executed|excpet except|excpetion exception
execption exception|exection execution|exectuable executable|execuable executable|executible executable
exeption exception|exeptions exceptions|exisit exist|exisiting existing|exisitng existing|existance existence
existant existent|exmaple example|expcet expect|expceted expected|expeced expected|experiemental experimental
explicitely explicitly|explicitily explicitly|explicity explicitly|expresion expression|expresions expressions
exression expression|exsiting existing|extarct extract|extenstion extension|extention extension|extentions extensions
extremly extremely|faild failed|faliure failure|falure failure|familar familiar|feasable feasible|feild field
feilds fields|filesytem filesystem|finaly finally|finnaly finally|followng following|follwing following
folowing following|formaly formally|formated formatted|formating formatting|foward forward|framwork framework
fucntion function|fuction function|fuctions functions|funcion function|funciton function|funcitonality functionality
functino function|functionaly functionally|functionnality functionality|functon function|funtion function
funtions functions|furthur further|futher further|garantee guarantee|garanteed guaranteed|gaurantee guarantee
geneator generator|generaly generally|generater generator|generting generating|genrate generate|genrated generated
gracefull graceful|grahpic graphic|guarateed guaranteed|guarentee guarantee|guarenteed guaranteed|hadler handler
handeled handled|handeling handling|hanlder handler|happend happened|happends happens|heigth height
heirarchical hierarchical|heirarchy hierarchy|helpfull helpful|hieght height|hierachy hierarchy|hierarcy hierarchy
highligth highlight|idenitifer identifier|identation indentation|identifer identifier|identifers identifiers
identifing identifying|imediately immediately|immediatelly immediately|immediatly immediately
implemantation implementation|implemenation implementation|implementaion implementation|implementating implementing
implemention implementation|implemetation implementation|implemeted implemented|implicitely implicitly
impliclty implicitly|implmentation implementation|implmented implemented|improvment improvement
improvments improvements|inclued include|incluing including|incompatability incompatibility|incompatable incompatible
inconsistant inconsistent|incorect incorrect|incorectly incorrectly|incremement increment|incrementaly incrementally
indendation indentation|indepedent independent|independant independent|independantly independently|indicies indices
individualy individually|indvidual individual|infered inferred|infomation information|informaton information
infromation information|inital initial|initalization initialization|initalize initialize|initalized initialized
initalizes initializes|initaly initially|initialy initially|initialze initialize|initilization initialization
initilize initialize|initilized initialized|instace instance|instad instead|instanciate instantiate
instanciated instantiated|instanse instance|instantation instantiation|insted instead|instuctions instructions
intead instead|inteface interface|intendend intended|intented intended|intepreter interpreter|interace interface
interfce interface|interger integer|intergers integers|intergrate integrate|intergration integration
intermediatly intermediately|internaly internally|interpeter interpreter|interpretor interpreter|interupt interrupt
interupted interrupted|inteval interval|intial initial|intialize initialize|intialized initialized|intially initially
intructions instructions|invaild invalid|invald invalid|invlaid invalid|invokation invocation|irrelevent irrelevant
irrevelant irrelevant|isntance instance|iterater iterator|iteraton iteration|itertion iteration|itterate iterate
keywork keyword|keywrod keyword|knowlege knowledge|laguage language|langauge language|languge language|legth length
lengh length|lenght length|libary library|libraray library|librarys libraries|litle little|litteral literal
locaiton location|loction location|logicaly logically|losely loosely|maintainance maintenance|maintance maintenance
maintaned maintained|maintenence maintenance|maintian maintain|managment management|manangement management
mananger manager|mandatroy mandatory|manualy manually|maximim maximum|maximium maximum|maximun maximum|meber member
mehtod method|memeber member|memebers members|memmory memory|memroy memory|mesage message|mesages messages
messge message|messsage message|methdo method|milisecond millisecond|miliseconds milliseconds|mimimum minimum
minimun minimum|minmum minimum|minumum minimum|mising missing|mispelled misspelled|missng missing|misspeled misspelled
mistmatch mismatch|modfied modified|modifed modified|modifes modifies|modifiy modify|modualr modular|moduel module
mulitple multiple|multipled multiplied|multple multiple|mutiple multiple|mutliple multiple|namepsace namespace
namesapce namespace|namspace namespace|naturaly naturally|neccesary necessary|neccessarily necessarily
neccessary necessary|necesary necessary|necessarilly necessarily|necessery necessary|negitive negative
neigbor neighbor|nessecary necessary|nonexistant nonexistent|noramlize normalize|normalizaton normalization
normaly normally|noticable noticeable|notifcation notification|nubmer number|obejct object|obervable observable
obvioulsy obviously|occasionaly occasionally|occassion occasion|occassionally occasionally|occured occurred
occurence occurrence|occurences occurrences|occuring occurring|occurrance occurrence|ocurred occurred
ocurrence occurrence|offical official|ojbect object|omited omitted|ommit omit|ommited omitted|ommitted omitted
opeartion operation|operatoin operation|operaton operation|oposite opposite|oppertunity opportunity
optimiztion optimization|optinal optional|optionaly optionally|optmization optimization|optmize optimize
orginal original|origianl original|originaly originally|originial original|orignal original|otehr other
otherise otherwise|otherwize otherwise|othewise otherwise|ouptut output|ouput output|outut output|overidden overridden
overide override|overiding overriding|overriden overridden|overwriten overwritten|overwritting overwriting
pacakge package|packge package|packges packages|paralel parallel|paralell parallel|paramater parameter
paramaters parameters|parameteres parameters|parametr parameter|paramter parameter|paramters parameters
paremeter parameter|paremeters parameters|parmeter parameter|parmeters parameters|parrallel parallel|parrent parent
particuarly particularly|particulary particularly|pasing passing|passsed passed|peform perform|perfom perform
perfomance performance|performace performance|performane performance|performence performance|perfroms performs
periodicaly periodically|permision permission|permisions permissions|permissons permissions|persistance persistence
persistant persistent|posible possible|posibly possibly|positoin position|positon position|possble possible
possibilites possibilities|possiblity possibility|postion position|potentialy potentially|precceding preceding
preceed precede|preceeded preceded|preceeding preceding|preciesly precisely|precison precision|predifined predefined
prefectly perfectly|prefered preferred|prefering preferring|preferrably preferably|presense presence
presistent persistent|previos previous|previosly previously|previouly previously|previuos previous|prevous previous
primarly primarily|privelege privilege|priviledge privilege|priviledges privileges|privilige privilege
probabaly probably|probaly probably|problably probably|proccess process|proccessing processing|proceedure procedure
procesing processing|processs process|processsing processing|producable producible|progess progress
programatic programmatic|programatically programmatically|programmaticaly programmatically|proivde provide
propely properly|properites properties|propertys properties|propery property|propogate propagate|propogated propagated
propogation propagation|proprietory proprietary|protcol protocol|protocal protocol|protocoll protocol|provde provide
provids provides|provied provide|purposly purposely|qoute quote|querys queries|realease release|realy really
reasonble reasonable|reccomend recommend|reccomended recommended|reccommend recommend|receieve receive|recevie receive
recevied received|recieve receive|recieved received|reciever receiver|recieves receives|recieving receiving
recived received|reciving receiving|recomend recommend|recomended recommended|recommanded recommended
recurisve recursive|recursivly recursively|recusive recursive|redundent redundant|refence reference|referal referral
refered referred|referencs references|referene reference|refering referring|refernce reference|refrence reference
refrences references|regardles regardless|registed registered|registerd registered|regsiter register
regulary regularly|relase release|relatd related|relativly relatively|relavent relevant|releated related
relevent relevant|reliabe reliable|remoe remove|removd removed|remvoe remove|repalce replace|repeatly repeatedly
reponse response|reponses responses|represenation representation|representaion representation
represention representation|represnt represent|reprsent represent|reprsents represents|repsonse response
reqest request|reqeust request|requird required|requirment requirement|requirments requirements|requred required
requried required|requset request|requst request|rerturn return|reseting resetting|reseved reserved|reslut result
resluts results|resoruce resource|resouce resource|resouces resources|respectivelly respectively
respectivly respectively|responce response|respone response|responisble responsible|responsability responsibility
responsiblity responsibility|restult result|resutl result|retreival retrieval|retreive retrieve|retreived retrieved
retrieveing retrieving|retrive retrieve|retrived retrieved|retrun return|retuns returns|returnes returns|reutrn return
saftey safety|searchs searches|secton section|separater separator|separtor separator|sepcific specific
sepcified specified|sepcify specify|seperate separate|seperated separated|seperately separately|seperates separates
seperating separating|seperation separation|seperator separator|seperators separators|seqence sequence
sequece sequence|sequnce sequence|serach search|serialzie serialize|serivce service|serveral several|sesion session
sesssion session|shold should|shoud should|shoudl should|shuld should|shuold should|signatue signature
signifcant significant|significanly significantly|signular singular|similarily similarly|similary similarly
similiar similar|simlar similar|simliar similar|simplier simpler|simultaneosly simultaneously|simultanous simultaneous
sinature signature|slighlty slightly|slighly slightly|softwre software|sofware software|soley solely
somethign something|someting something|somthing something|specfic specific|specfied specified
specication specification|specifc specific|specifcation specification|specifed specified|specificaly specifically
specifing specifying|specifiy specify|speciifed specified|spefication specification|speficied specified|srting string
stablility stability|standarized standardized|standart standard|statemnet statement|statemnt statement
statment statement|statments statements|stirng string|strcture structure|stregth strength|strucutre structure
struture structure|subclas subclass|subseqent subsequent|subsequentely subsequently|subsitute substitute
substituion substitution|substract subtract|substraction subtraction|succeded succeeded|succesful successful
succesfull successful|succesfully successfully|successfull successful|successfuly successfully|suceed succeed
suceeded succeeded|sucess success|sucessful successful|sucessfully successfully|sufficent sufficient
sufficently sufficiently|suport support|suported supported|suppport support|suppresing suppressing|supress suppress
supressed suppressed|supresses suppresses|suprise surprise|suprising surprising|surounding surrounding
surpress suppress|surrouding surrounding|swithc switch|symbolicly symbolically|symetric symmetric
syncronization synchronization|syncronize synchronize|syncronous synchronous|syntatic syntactic
syntaxically syntactically|sysem system|systme system|sytem system|teh the|temperary temporary|tempoary temporary
temporarilly temporarily|temporarly temporarily|temporay temporary|temproary temporary|termnal terminal|thier their
threshhold threshold|thrid third|throgh through|tihs this|timestmap timestamp|togehter together|togther together
tolerence tolerance|tranform transform|transacton transaction|transfered transferred|transfering transferring
transfomation transformation|transformaton transformation|transparant transparent|traslate translate
treatement treatment|treshold threshold|trigerred triggered|triggerd triggered|truely truly|typcial typical
typicaly typically|udpate update|udpated updated|unabled unable|uncommited uncommitted|undefiend undefined
undefind undefined|undocummented undocumented|uneccessary unnecessary|unecessarily unnecessarily
unecessary unnecessary|unexpcted unexpected|unexpeced unexpected|unexpectd unexpected|unforseen unforeseen
unfortunatelly unfortunately|unfortunatly unfortunately|uniqe unique|uniquly uniquely|unkonwn unknown|unkown unknown
unneccessary unnecessary|unnecesary unnecessary|unnecessarly unnecessarily|unsuccesful unsuccessful
unsuccessfull unsuccessful|unsuported unsupported|untill until|upadte update|upate update|updaet update|updte update
usally usually|useage usage|usefull useful|usefuly usefully|usualy usually|utilites utilities|utilties utilities
utiltiy utility|vaild valid|valdiate validate|valeu value|valiation validation|varable variable|varables variables
varaible variable|variabel variable|variabels variables|variale variable|varient variant|varius various|vaule value
vaules values|verfication verification|verfiy verify|verions versions|verison version|versino version|versoin version
virtualy virtually|visable visible|visiblity visibility|vlaue value|vulnerabilty vulnerability|waht what
warnign warning|wether whether|whcih which|wheter whether|whihc which|whith with|wihout without|wirte write
withot without|withouth without|wraped wrapped|writen written|writting writing|yeild yield|yeilding yielding
yeilds yields
"""

CORRECTIONS = dict(pair.split(" ") for line in _PAIRS.strip().splitlines() for pair in line.split("|"))
"""Lower-case misspelling -> correction."""
