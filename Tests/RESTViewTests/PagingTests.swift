import Foundation
import Jobs
import Journal
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit)))
struct PagingTests {
    /// Reads a list page by page, with something done between the pages.
    private func pages(
        _ scene: RESTScene,
        _ query: String,
        between: (_ page: Int) async throws -> Void = { _ in }
    ) async throws -> [[String]] {
        var pages: [[String]] = []
        var next: String? = ""
        while let token = next {
            try #require(pages.count < 100, "the list has no end")
            let page = try await scene.request("\(RESTScene.list)?\(query)&continue=\(token)").json
            pages.append(page.items.elements.compactMap(\.metadata.id.text))
            next = page.metadata.continue.text
            try await between(pages.count)
        }
        return pages
    }

    private func fill(_ scene: RESTScene, _ ids: [String]) async throws {
        for (number, id) in ids.enumerated() {
            try await scene.push(RESTScene.key(id), RESTScene.file(), at: number)
        }
    }

    @Test(arguments: ["id", "-creationTime", "-lastUpdateTime"])
    func `pages of any size make up the list`(sort: String) async throws {
        try await RESTScene.serve { scene in
            try await fill(scene, ["c", "a", "e", "b", "d"])
            // Two of the same moment, and one of which no time is known.
            try await scene.push(RESTScene.key("f"), RESTScene.file(), at: 4)
            let content = try JobFileChange.Content.file(ReadJobFile(blob: "b", job: nil, issues: []))
            try await scene.journal.recordCommit(
                CommitRecord(sha: RESTScene.sha(9), author: "", message: ""),
                changes: [JobFileChange(key: RESTScene.key("g"), content: content, attribution: nil)],
                now: RESTScene.start
            )
            let whole = try await scene.ids("sort=\(sort)")
            #expect(whole.joined() == (sort == "id" ? "abcdefg" : "dfbeacg"))
            for limit in 1...8 {
                let pages = try await pages(scene, "sort=\(sort)&limit=\(limit)")
                #expect(pages.flatMap(\.self) == whole)
                #expect(pages.dropLast().allSatisfy { $0.count == limit })
                #expect(pages.last?.isEmpty == false)
            }
        }
    }

    @Test
    func `jobs that stay are each seen once, whatever comes and goes between the pages`() async throws {
        try await RESTScene.serve { scene in
            let stay = ["b", "d", "f", "h", "j"]
            try await fill(scene, stay + ["c", "e"])
            let pages = try await pages(scene, "limit=2") { page in
                switch page {
                case 1:
                    // The job that the page ended with, and the next.
                    try await scene.push(RESTScene.key("c"), nil, at: 20)
                    try await scene.push(RESTScene.key("e"), nil, at: 21)
                case 2:
                    try await scene.push(RESTScene.key("a"), RESTScene.file(), at: 22)
                    try await scene.push(RESTScene.key("i"), RESTScene.file(), at: 23)
                    try await scene.push(RESTScene.key("b"), RESTScene.file(#""priority": 2,"#), at: 24)
                default: break
                }
            }
            #expect(pages == [["b", "c"], ["d", "f"], ["h", "i"], ["j"]])
        }
    }

    @Test
    func `newest first, jobs that are made meanwhile move nothing`() async throws {
        try await RESTScene.serve { scene in
            try await fill(scene, ["a", "b", "c", "d"])
            let pages = try await pages(scene, "sort=-creationTime&limit=2") { page in
                try await scene.push(RESTScene.key("new-\(page)"), RESTScene.file(), at: 10 + page)
            }
            #expect(pages == [["d", "c"], ["b", "a"]])
        }
    }

    @Test
    func `a page's end is refused in another order`() async throws {
        try await RESTScene.serve { scene in
            try await fill(scene, ["a", "b"])
            let token = try #require(try await scene.request("\(RESTScene.list)?limit=1").json.metadata.continue.text)
            #expect(token.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") })
            let answer = try await scene.request("\(RESTScene.list)?sort=-creationTime&continue=\(token)")
            #expect(answer.status == 400)
            #expect(try answer.json.detail.text?.contains("sort=id") == true)
        }
    }
}
