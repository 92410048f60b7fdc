"""Words by which somebody says that he, or the one written to, is the wrong person or has left.

As in `phrases`: no repetition stands inside another, and each is bounded.
"""

from tenuto.domain.phrases import any_of

#: The person no longer works there.
LEFT = any_of(r"""
    \b(?:has|have|had|['’]ve|she|he|i) (?:recently |since |already |now )?left (?:the|our|this) (?:company|firm|organi[sz]ation|business|agency)(?=\s{0,3}(?:[.,;:!)\n]|$|and\b|on\b|in\b|as\b|since\b|effective\b|at\b|last\b|this\b|recently\b|earlier\b|to (?:pursue|join|work|start)\b|for (?:a|another|new)\b|a (?:while|year|month|week|few|couple)\b))
    \bno longer (?:be )?(?:with|at|part of|working (?:for|at|with)) (?:us|(?:the|our|this) (?:company|firm|organi[sz]ation|business|team|agency))\b
    \bno longer (?:be )?(?:employed|an employee|on staff|working here)\b
    \bno longer works? (?:here|for us|(?:at|for) (?:the|our|this) (?:company|firm|organi[sz]ation|business|agency))\b
    \b(?-i:I|[Hh]e|[Ss]he|[A-Z][a-z]{1,30}) no longer works? (?:at|for) (?-i:[A-Z])\w{1,30}
    \b(?-i:I am|I['’]m|[Hh]e is|[Ss]he is|[Hh]e['’]s|[Ss]he['’]s|[A-Z][a-z]{1,30} is) no longer (?:with|at|employed (?:by|at)|working (?:for|at)) (?-i:[A-Z])\w{1,30}
    \b(?:does(?:n['’]t| not)|do(?:n['’]t| not)) work (?:here|for (?:us|this company)|at this company) (?:anymore|any more|any longer)
    \b(?:has|have|['’]ve) (?:now |recently )?left (?-i:[A-Z])[\w.&-]{1,30}(?: [\w.&-]{1,30})? (?:ltd|limited|inc|corp|llc|plc|gmbh|ag|group)\b
    \bleft (?:my|his|her|their) (?:role|position|job|post) (?:at|with|as)\b
    \bemployment (?:at|with) [^\n.]{1,40} (?:has )?ended\b
    \b(?:i have|i['’]ve|he has|she has) retired\b
    \bmy last day (?:at|with) [^\n.]{1,40} was\b
    \bnicht (?:mehr|länger) (?:(?:bei|für|in|im) [^\n.,]{1,50}|hier) (?:tätig|beschäftigt|angestellt)\b
    \b(?:bei uns|hier|im unternehmen|in unserem unternehmen) nicht (?:mehr|länger) (?:tätig|beschäftigt|angestellt)
    \bnicht mehr (?:im|in unserem) unternehmen\b
    \barbeite[tn]? (?:seit [^\n.]{1,30} )?(?:hier )?nicht (?:mehr|länger) (?:hier|bei|für (?:uns|das|die))
    \b(?:das|unser) unternehmen verlassen\b|\b(?:die|unsere) firma verlassen\b
    \baus (?:dem|der|unserem|unserer) [^\n.,]{1,40} ausgeschieden\b
    \b(?:hat|habe) die [^\n.,]{1,40} (?:gmbh|ag|kg|se) verlassen\b
    \bne (?:fait|fais) plus partie (?:de (?:la (?:société|l['’]équipe)|l['’](?:entreprise|équipe)|nos (?:effectifs|équipes|collaborateurs)|notre (?:société|entreprise|équipe))|des (?:effectifs|équipes))
    \b(?:je ne suis|n['’]est) plus (?:chez|au sein de)\b
    \bn['’]est plus (?:dans (?:l['’]entreprise|la société|notre société)|salariée?|employée?)
    \b(?:a|ai) quitté (?:la société|l['’]entreprise|notre (?:société|entreprise)|ses fonctions|mes fonctions)
    \bne travaill(?:e|es) plus (?:ici|chez|pour (?:nous|la société|l['’]entreprise)|dans (?:la société|l['’]entreprise|notre))
    \bya no (?:trabaja|trabajo) (?:aquí|en (?:la|esta|nuestra) (?:empresa|compañía)|con nosotros|para (?:nosotros|la empresa))
    \bya no (?:forma|formo) parte de (?:la|esta|nuestra) (?:empresa|compañía|plantilla|organización)
    \b(?:ha dejado|he dejado|dejó) (?:la|nuestra) (?:empresa|compañía)\b
    \bnon (?:lavora|lavoro) più (?:qui|con noi|per noi|(?:in|per|presso) (?:questa|la nostra|l['’]azienda|la società))
    \bnon (?:fa|faccio) più parte (?:dell['’]azienda|della (?:società|nostra)|del nostro)
    \b(?:ha|ho) lasciato (?:l['’]azienda|la società|la nostra (?:azienda|società))
    \b(?:já não (?:trabalha|trabalho)|não (?:trabalha|trabalho) mais) (?:aqui|connosco|conosco|na empresa|nesta empresa|para (?:nós|a empresa))
    \b(?:já não faz|não faz mais|já não faço|não faço mais) parte d[ao] (?:empresa|nossa|quadro|equipa|equipe)
    \b(?:deixou|deixei) a (?:nossa )?empresa\b|\b(?:saiu|saí) da (?:nossa )?empresa\b
    \bniet (?:meer|langer) (?:bij ons |voor ons |bij het bedrijf |hier )?(?:werkzaam|in dienst)\b
    \bwerkt? (?:hier )?niet (?:meer|langer) (?:hier|bij ons|voor ons|bij het bedrijf|bij dit bedrijf)\b|\bwerkt? hier niet (?:meer|langer)\b
    \b(?:het bedrijf|de organisatie|onze organisatie) verlaten\b
    \bjuż (?:tu |tutaj |u nas |w (?:naszej )?firmie )?nie pracuj[eę]\b|\bnie pracuj[eę] już (?:tu|tutaj|u nas|w (?:naszej )?firmie|w spółce)
    \b(?:odszedł|odeszła|odszedłem|odeszłam) z (?:naszej )?firmy\b
    \b(?:jobbar|arbetar) inte (?:längre )?(?:kvar|här|hos oss|på företaget)|\b(?:jobbar|arbetar) inte längre (?:kvar|här|hos|på)
    \b(?:inte längre|ej längre) anställd|\bhar slutat (?:hos oss|på företaget|sin anställning|min anställning)|\bhar lämnat företaget
    \barbejder ikke længere (?:her|hos|i (?:virksomheden|firmaet))|\bikke længere ansat|\bhar forladt (?:virksomheden|firmaet)
    \b(?:jobber|arbeider) ikke (?:lenger|lengre) (?:her|hos|i (?:firmaet|bedriften|selskapet))|\bikke lenger ansatt|\bhar sluttet (?:hos oss|i (?:firmaet|bedriften|selskapet))
    \be[in] (?:työskentele|ole) enää (?:täällä|meillä|yrityksessä(?:mme)?|yhtiössä(?:mme)?|palveluksessa(?:mme)?|töissä|yrityksen palveluksessa)
    \bon jättänyt yrityksen
    \b(?:již|už) (?:zde |tu |tady |u nás |ve (?:firmě|společnosti) |v naší (?:firmě|společnosti) )?nepracuj[eiu]\b|\bnepracuj[eiu] (?:již|už) (?:zde|tu|u nás|ve (?:firmě|společnosti)|v naší)
    \b(?:odešel|odešla|odešel jsem|odešla jsem) z (?:naší )?(?:firmy|společnosti)\b|\bopustila? (?:naši )?(?:firmu|společnost)\b
    \b(?:больше|уже|более) (?:здесь |у нас |тут )?не работа(?:ет|ю) (?:в (?:нашей )?компании|в организации|у нас|здесь|тут)
    \b(?:больше|уже|более) (?:здесь|у нас|тут) не работа(?:ет|ю)\b|\b(?:больше|уже|более) не (?:является|являюсь) сотрудником
    \b(?:уволился|уволилась) из\b|\b(?:покинула?|ушёл из|ушел из|ушла из) (?:нашей |нашу )?компани[июя]\b
    退職(?:いたし|致し|し)(?:まし|てお|てい)|退職済み|在籍して(?:おりません|いません)
    已经?离职|已經?離職|不再(?:是|在|于)[^\n。，]{0,12}(?:工作|任职|任職|员工|員工)|不在(?:本|我们|我們|我)公司(?:工作|任职|任職|了)
""")

#: Whoever answers isn't the one for this.
WRONG_PERSON = any_of(r"""
    \b(?:you (?:have|['’]ve)|you['’]ve|have|i(?: a|['’])m|this is|it['’]s|got|reached|contacted|e-?mailed) (?:(?:got|reached|contacted|e-?mailed|probably|simply|just|afraid|the|a) ){0,4}wrong (?:person|contact|guy|recipient|department|individual|(?:e-?mail )?address)(?!\s(?:to|for)\b)
    \bi(?: a|['’])m (?:afraid |probably |definitely )?the wrong (?:person|contact|guy) (?:to (?:ask|talk to|speak to|contact|e-?mail|approach)|for) ?(?:about |regarding |for )?(?:this|that|it|these|such)\b
    \bi(?: a|['’])m (?:probably |really |actually |afraid )?(?:i(?: a|['’])m )?not the (?:right|correct|appropriate|best) (?:person|contact|one|point of contact)\b
    \bnot the (?:right|correct|appropriate|best) (?:person|contact) (?:for|to (?:talk|speak|ask|contact|discuss)|regarding)\b
    \bi(?: a|['’])m not (?:responsible for|in charge of) (?:this|that|these|such|our|the|purchas|procure|buying|it\b|hr\b|marketing)
    \bi do(?:n['’]t| not) (?:handle|deal with|look after|take care of) (?:this|that|these|such)\b
    \b(?-i:[A-Z])[a-z]{1,30} (?:handles|deals with|looks after|is (?:in charge of|responsible for)) (?:this|these|such)\b
    \b(?:is|would be) the (?:right|best|correct) (?:person|contact) (?:for (?:this|that|you)|to (?:contact|talk|speak|ask|reach|e-?mail))\b
    \b(?:write|e-?mail|contact|reach out|speak|talk|get in touch)(?: to| with)? [^\s<>]{0,40}[ <(]{0,3}[^\s<>@]{1,64}@[^\s<>@]{1,200}[>)]? instead\b
    \bfalsche(?:r|n)? (?:ansprechpartner(?:in)?|person|kontakt(?:person)?|empfänger(?:in)?)\b
    \bnicht (?:der|die|ihr|ihre|dein|deine) (?:richtige|zuständige|korrekte|passende)[rn]? (?:ansprechpartner(?:in)?|person|kontakt(?:person)?)
    \b(?:bin|ist) (?:ich )?(?:dafür |hierfür |für (?:dieses|das) thema |leider )?(?:dafür |hierfür )?nicht (?:dafür |hierfür )?(?:zuständig|verantwortlich)\b
    \bpas la bonne (?:personne|interlocutrice)|\bpas le bon (?:interlocuteur|contact|destinataire)|\b(?:à la|la) mauvaise personne\b|\bmauvais interlocuteur
    \bne suis pas (?:en charge|responsable) (?:de (?:ce|cela|ces|cette)|du)|\btrompée? (?:de personne|d['’]interlocuteur|de destinataire)
    \bno soy la persona (?:adecuada|indicada|correcta|responsable|encargada)|\bpersona equivocada\b|\bno soy (?:el|la) (?:responsable|encargad[oa]) de (?:esto|este|esta|eso)
    \bnon sono (?:io )?la persona (?:giusta|corretta|adatta|competente)|\bpersona sbagliata\b|\bnon (?:me ne|mi) occupo (?:io )?(?:di (?:questo|questi|queste|questa|ciò))?
    \bnão sou a pessoa (?:certa|indicada|adequada|correta|responsável)|\bpessoa errada\b|\bnão sou (?:eu )?[oa] responsável por (?:isso|isto|este|esta|esse)
    \bniet de juiste (?:persoon|contactpersoon)|\bverkeerde (?:persoon|contactpersoon)\b|\bga hier niet over\b|\bben (?:ik )?hier niet (?:voor )?verantwoordelijk
    \bnie jestem (?:właściwą|odpowiednią) osobą|\b(?:do )?niewłaściw(?:ej|ą|a) osob[yęa]\b|\bnie zajmuję się (?:tym|tą|takimi)\b
    \b(?:är|nått|kontaktat|till|hos) fel person\b|\bär inte rätt (?:person|kontakt)|\bansvarar inte för (?:det|detta)
    \b(?:er|fat i|til|kontaktet) (?:den )?forkerte? person\b|\ber ikke (?:den )?rette (?:person|kontakt)|\b(?:er|nådd|kontaktet|til) feil person\b|\ber ikke rett (?:person|kontakt)
    \b(?:olen|otit yhteyttä|lähetit) väärä(?:n|lle|än|ä)? (?:henkilö|ihmi)\w{0,6}|\ben ole (?:tähän )?oikea (?:henkilö|ihminen)|\ben vastaa (?:tästä|näistä)
    \bnejsem (?:ta |ten )?(?:správn|kompetentn|vhodn)\w{1,4} (?:osob|kontakt|člověk)\w{0,3}|\bšpatn(?:á|ou|é) osob[auyě]\b|\bnemám (?:to|toto) na starosti|\btoto? nemám na starosti
    \bне тому (?:человеку|адресату)|\bошиблись (?:адресатом|человеком|адресом)|\bне занимаюсь (?:этим|этими|данным|такими)|\bне отвечаю за (?:это|эти|данн)|\bне в моей компетенции
    担当(?:者)?では(?:ありません|ございません|ない)|担当(?:者)?が違|宛先(?:が|を)(?:間違|違)|人違い
    找错了?人|找錯了?人|联系错了?人|聯絡錯了?人|发错了?人|發錯了?人|我不是(?:负责人|負責人|相关负责|相關負責)|不负责(?:这|此|该)|不負責(?:這|此|該)|不是我负责|不是我負責
""")

#: What is only supposed or denied isn't said: before the phrase, in its sentence.
SUPPOSED = any_of(r"""
    \b(?:if|unless|whether|in case|assuming|suppose|until|before|when|once|did|would|could|might|not|never|nobody|hasn['’]t|haven['’]t|didn['’]t)\b
    \b(?:wenn|falls|sollte|ob|bevor|als ob|nie|niemand)\b
    \b(?:si|cuando|quando|lorsque|avant que|indien|wanneer|jeśli|jeżeli|czy|gdy|kiedy|hvis|når|ifall|när|jos|kun|pokud|jestli|když|если|когда|вдруг)\b
    もし|如果|若
""")
