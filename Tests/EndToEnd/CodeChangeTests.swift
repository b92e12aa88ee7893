import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit)))
struct CodeChangeTests {
    @Test
    func `history lists the commits that changed only the code of a job`() async throws {
        let scene = try await Scene()
        try scene.repository.write(scene.job("exit", "0").text, to: scene.path("bug"))
        try scene.repository.write(
            scene.job("exit", "0") {
                $0.workdir = nil; $0.bootfile = "code/job.py"
            }.text,
            to: scene.path("whole")
        )
        try await scene.repository.publish("Begin")
        // The run takes the code of the newest commit, and not of the one that added its file.
        try scene.repository.write("", to: "other/notes.txt")
        let first = try await scene.repository.publish("Before the service starts")
        let service = try await scene.serve()
        try await service.job("bug", reaches: "succeeded")
        try await service.job("whole", reaches: "succeeded")
        try scene.repository.write(Scene.script + "\n# mended\n", to: "code/job.py")
        let mended = try await scene.repository.publish("Mend the bug")
        try await known(mended, service)
        try scene.repository.write("more", to: "other/notes.txt")
        let noted = try await scene.repository.publish("Take notes")
        try await known(noted, service)
        let url = service.url.absoluteString
        func history(_ id: String, _ format: String) async throws -> Tool.Result {
            let arguments = ["history", "default/team-a/\(id)", "--server", url, "--format", format]
            return try await Tool.run(arguments, in: scene.folder.url.path)
        }
        let sentence = "code changed; run 1 keeps the code of \(first.prefix(7))"
        let table = try await history("bug", "table").text.split(separator: "\n").map(String.init)
        #expect(table.count == 3)
        #expect(table[1].contains(String(mended.prefix(7))))
        #expect(table[1].contains("ann@example.org"))
        #expect(table[1].hasSuffix(sentence))
        let items = try JSON(Data(try await history("bug", "json").text.utf8)).elements
        #expect(items.map(\.note.text) == [sentence, nil])
        #expect(items[0].message.text?.hasPrefix("Mend the bug") == true)
        #expect(items[0].run.int == nil)
        let whole = try JSON(Data(try await history("whole", "json").text.utf8)).elements
        #expect(whole.map(\.commit.text) == [noted, mended, first])
        #expect(
            whole[0].note.text == "the repository's root changed; run 1 keeps the code of \(first.prefix(7))"
        )
        // The plan names the commit of the run, which only the service knows.
        try await scene.repository.git("checkout", "--quiet", "-b", "change")
        try scene.repository.write("print(2)", to: "code/job.py")
        try await scene.repository.commit("Try")
        let plan = ["plan", "--base", "main", "--server", url]
        let kept = "code changed; bug keeps the code of \(first.prefix(7)); set \"rerun\": 1 to run it again"
        #expect(try await Tool.run(plan, in: scene.repository.clone).text.contains(kept))
        try await scene.repository.git("checkout", "--quiet", "main")
        // A commit that runs the job again is an action, and the next code is another matter.
        try scene.repository.write(
            scene.job("exit", "0") { $0.more.append("\"rerun\": 1") }.text,
            to: scene.path("bug")
        )
        try scene.repository.write(Scene.script + "\n# mended twice\n", to: "code/job.py")
        let again = try await scene.repository.publish("Run it again")
        try await service.job("bug", reaches: "succeeded", run: 2)
        try scene.repository.write(Scene.script, to: "code/job.py")
        let last = try await scene.repository.publish("Undo")
        try await known(last, service)
        let later = try JSON(Data(try await history("bug", "json").text.utf8)).elements
        #expect(later.map(\.commit.text) == [last, again, mended, first])
        #expect(later[0].note.text == "code changed; run 2 keeps the code of \(again.prefix(7))")
        #expect(later[1].action.text == "replace")
        #expect(later[2].note.text == sentence)
        try await scene.end(service)
    }

    private func known(_ commit: String, _ service: ServiceProcess) async throws {
        try await eventually("the service knows the commit") {
            try await service.request("/api/v1alpha1/commits/\(commit)").status == 200
        }
    }
}
