/// The names and addresses that people want to be known by.
///
/// libgit2 1.5 has one too, but takes the case of addresses for true, which git does not: <https://git-scm.com/docs/gitmailmap>,
/// `mailmap.c` in git.
struct Mailmap {
    /// What replaces a name and an address; nil leaves it.
    private struct Replacement {
        var name: String?
        var mail: String?
    }

    /// Of an address in lower case: what holds for everybody, and what for people of one name in lower case.
    private struct Entry {
        var anybody = Replacement()
        var named: [String: Replacement] = [:]
    }

    private var entries: [String: Entry] = [:]

    /// - Parameter texts: files of such lines; a later one wins.
    init(_ texts: [String]) {
        for line in texts.flatMap({ $0.split(separator: "\n") }) where !line.hasPrefix("#") {
            add(line)
        }
    }

    /// `Proper Name <proper@mail> Commit Name <commit@mail>`, of which all but one address may be left out.
    private mutating func add(_ line: Substring) {
        guard let first = Self.person(in: line), !first.mail.isEmpty else { return }
        let second = Self.person(in: first.rest)
        let mail = (second?.mail ?? first.mail).lowercased()
        let replacement = Replacement(name: first.name, mail: second == nil ? nil : first.mail)
        if let name = second?.name {
            entries[mail, default: Entry()].named[name.lowercased()] = replacement
        } else {
            let known = entries[mail]?.anybody
            entries[mail, default: Entry()].anybody = Replacement(
                name: replacement.name ?? known?.name,
                mail: replacement.mail ?? known?.mail
            )
        }
    }

    /// Reads a name that may be missing and an address in angle brackets.
    private static func person(in text: Substring) -> (name: String?, mail: String, rest: Substring)? {
        guard let start = text.firstIndex(of: "<"), let end = text[start...].firstIndex(of: ">") else { return nil }
        let words = text[..<start].drop(while: \.isWhitespace)
        let name = words.lastIndex { !$0.isWhitespace }.map { String(words[...$0]) }
        return (name, String(text[text.index(after: start)..<end]), text[text.index(after: end)...])
    }

    /// The name and the address that stand for what a commit says.
    func resolve(name: String, mail: String) -> (name: String, mail: String) {
        guard let entry = entries[mail.lowercased()] else { return (name, mail) }
        let replacement = entry.named[name.lowercased()] ?? entry.anybody
        return (replacement.name ?? name, replacement.mail ?? mail)
    }
}
