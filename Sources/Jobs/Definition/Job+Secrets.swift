extension Job {
    /// What stands in place of a secret wherever a job is shown.
    public static let mask = "***"

    /// The job as it may be shown: the value of each environment variable that is named like a secret is masked.
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

    /// Tells whether a variable's name has `PASSWORD`, `SECRET`, `TOKEN`, `KEY` or `CREDENTIAL`, in any case,
    /// as a word.
    ///
    /// Words are parted by what is neither a letter nor a digit, and by a change from lower to upper case; a plural
    /// counts.
    public static func namesSecret(_ name: String) -> Bool {
        var words: [String] = []
        var previous: Character = "_"
        for character in name {
            if !character.isLetter && !character.isNumber {
                previous = "_"
                continue
            }
            if previous == "_" || (character.isUppercase && !previous.isUppercase) {
                words.append("")
            }
            words[words.count - 1].append(character.uppercased())
            previous = character
        }
        let secrets: Set = ["PASSWORD", "SECRET", "TOKEN", "KEY", "CREDENTIAL"]
        return words.contains { secrets.contains($0) || ($0.hasSuffix("S") && secrets.contains(String($0.dropLast()))) }
    }
}
