extension Array where Element: Sendable {
    /// Asks for each element, so many at a time, and gives the answers in the order of the elements.
    ///
    /// - Throws: the first failure, in that order; those that are under way are waited for.
    func mapConcurrently<Answer: Sendable>(
        width: Int = 8,
        _ ask: @escaping @Sendable (Element) async throws(ServerError) -> Answer
    ) async throws(ServerError) -> [Answer] {
        var answers: [Answer] = []
        var rest = self[...]
        while !rest.isEmpty {
            let batch = Array(rest.prefix(width))
            rest = rest.dropFirst(width)
            let results = await withTaskGroup(of: (Int, Result<Answer, ServerError>).self) { group in
                for (index, element) in batch.enumerated() {
                    group.addTask {
                        do throws(ServerError) {
                            return (index, .success(try await ask(element)))
                        } catch {
                            return (index, .failure(error))
                        }
                    }
                }
                return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
            }
            for index in batch.indices {
                guard let result = results[index] else { continue }
                answers.append(try result.get())
            }
        }
        return answers
    }
}
