extension Job {
    /// The text that replaces a secret wherever a job is shown.
    public static let mask = "***"

    /// The job with masked secrets: the value of each environment variable with a secret's name is replaced by
    /// ``mask``.
    public var masked: Job {
        var shown = self
        shown.environment = environment.map { variables in
            var masked = variables
            for name in variables.keys where Self.namesSecret(name) {
                masked[name] = Self.mask
            }
            return masked
        }
        return shown
    }

    /// Masks the values of the jobs' secrets in a text, for example in a message of a backend or in a line of a log.
    ///
    /// Values shorter than three bytes stay, because any text has them.
    public static func maskSecrets(of jobs: [Job], in text: String) -> String {
        let values = jobs.flatMap { job in
            (job.environment ?? [:]).filter { namesSecret($0.key) && $0.value.utf8.count > 2 }.map(\.value)
        }
        return values.sorted { $0.utf8.count > $1.utf8.count }.reduce(text) { text, value in
            // As a message quotes it, and as it is.
            let quoted = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            return text.replacing(quoted, with: mask).replacing(value, with: mask)
        }
    }

    /// Whether a variable has a secret's name.
    ///
    /// Such a name has `PASSWORD`, `SECRET`, `TOKEN`, `KEY` or `CREDENTIAL`, or the plural of one, as a word, or
    /// `APIKEY`, `SECRETKEY`, `PASSWORD` or `PASSWD` anywhere, in any case. A word ends at a character that is not a
    /// letter, and where the case changes: `TOKEN1`, `dbPassword`, `DBToken`. `MONKEY`, `KEYBOARD` and `TOKENIZER` are
    /// no secrets.
    public static func namesSecret(_ name: String) -> Bool {
        let upper = name.uppercased()
        return secretParts.contains { upper.contains($0) }
            || WordEnd.rules.contains { rule in words(of: name, rule).contains(where: secretWords.contains) }
    }

    private static let secretParts = ["APIKEY", "SECRETKEY", "PASSWORD", "PASSWD"]

    private static let secretWords: Set<String> = {
        let words = ["PASSWORD", "SECRET", "TOKEN", "KEY", "CREDENTIAL"]
        return Set(words + words.map { $0 + "S" })
    }()

    /// Where a change of case ends a word. `DBToken` and `TOKENid` need different rules, so each is tried.
    private struct WordEnd: OptionSet {
        let rawValue: Int

        /// Before the last capital letter of several: `DB|Token`.
        static let beforeLastCapital = WordEnd(rawValue: 1)
        /// After the last capital letter of several: `TOKEN|id`.
        static let afterCapitals = WordEnd(rawValue: 2)

        static let rules: [WordEnd] = [[], .beforeLastCapital, .afterCapitals]
    }

    /// The words of a name, in upper case.
    private static func words(of name: String, _ rule: WordEnd) -> [String] {
        let letters = Array(name)
        var words = [""]
        for (index, letter) in letters.enumerated() {
            guard letter.isLetter else {
                words.append("")
                continue
            }
            let previous = index > 0 ? letters[index - 1] : "_"
            let next = index + 1 < letters.count ? letters[index + 1] : "_"
            let endsLowercase = letter.isUppercase && previous.isLowercase
            let endsAcronym =
                rule.contains(.beforeLastCapital) && letter.isUppercase && previous.isUppercase && next.isLowercase
            let endsCapitals =
                rule.contains(.afterCapitals) && letter.isLowercase && previous.isUppercase && index > 1
                && letters[index - 2].isUppercase
            if endsLowercase || endsAcronym || endsCapitals {
                words.append("")
            }
            words[words.count - 1] += letter.uppercased()
        }
        return words
    }
}
