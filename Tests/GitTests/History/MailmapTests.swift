import Foundation
import GitSupport
import TestSupport
import Testing

@testable import Git

@Suite struct MailmapTests {
    static let lines = """
        # Comment <no@x> <c@x>
        Proper <p@x> <a@x>
        <only.mail@x> <b@x>
        Only Name <c@x>
        Named One <one@x> Some One <d@x>
        Named Two <two@x>   Some   Two   <D@X>
        <anybody@x> <d@x>
           Padded Name    <e@x>
        Later <p2@x> <a@x>
        No brackets at all
        Half open <f@x
        <> <g@x>
        Empty old <h@x> <>
        """

    @Test(arguments: [
        "Ann <a@x>", "Ann <A@X>", "Bob <b@x>", "Cy <c@x>", "Some One <d@x>", "some one <d@x>", "Some   Two <d@x>",
        "Some Two <d@x>", "Nobody <d@x>", "Eve <e@x>", "F <f@x>", "G <g@x>", "N <no@x>", "Ö <z@x>",
    ])
    func `it says what git says`(person: String) async throws {
        let fixture = try await Fixture()
        try fixture.write(Self.lines, to: ".mailmap")
        let parts = person.dropLast().components(separatedBy: " <")
        let (name, mail) = Mailmap([Self.lines]).resolve(name: parts[0], mail: parts[1])
        #expect("\(name) <\(mail)>" == (try await fixture.git("check-mailmap", person)))
    }

    @Test func `it is read when it changes and up to a mebibyte`() async throws {
        let fixture = try await Fixture()
        func line(_ mail: String) -> String { "<\(mail)> <ann@example.org>\n" }
        let limit = 1 << 20
        try fixture.write(String(repeating: "#\n", count: (limit - 24) / 2) + line("a@x"), to: ".mailmap")
        let id = try await fixture.commit()
        let bare = Fixture(folder: fixture.folder, path: fixture.folder.path("bare.git"))
        try await fixture.git("clone", "--quiet", "--bare", fixture.path, bare.path)
        for (read, isBare) in [(fixture, false), (bare, true)] {
            let repository = try read.open()
            #expect(try await repository.commit(id).author.mail == "a@x")
            #expect(await repository.mailmapFault() == nil)
            for (text, mail) in [
                (line("b@x"), "b@x"), (String(repeating: "#", count: limit) + "\n" + line("c@x"), nil),
                (line("d@x"), "d@x"),
            ] {
                try fixture.write(text, to: ".mailmap")
                if isBare {
                    try await fixture.commit()
                    try await fixture.git("push", "--quiet", bare.path, "main")
                }
                #expect(try await repository.commit(id).author.mail == mail ?? "ann@example.org")
                #expect(await repository.mailmapFault()?.contains("1048576") == (mail == nil ? true : nil))
            }
        }
    }

    @Test func `the configuration's files count too`() async throws {
        let fixture = try await Fixture()
        try fixture.write("Work Tree <w@x> <ann@example.org>\nBoth <both@x> <bob@example.org>", to: ".mailmap")
        try fixture.write("Blob <blob@x> <bob@example.org>", to: "people")
        let id = try await fixture.commit()
        try await fixture.git("config", "mailmap.blob", "HEAD:people")
        var commit = try await fixture.open().commit(id)
        #expect([commit.author.mail, commit.committer.mail] == ["w@x", "blob@x"])
        try fixture.write("File <file@x> <bob@example.org>", to: "../file")
        try await fixture.git("config", "mailmap.file", fixture.folder.path("file"))
        commit = try await fixture.open().commit(id)
        #expect([commit.author.mail, commit.committer.mail] == ["w@x", "file@x"])
        #expect(commit.committer.mail == (try await fixture.git("log", "-1", "--format=%cE")))
    }
}
