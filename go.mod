module github.com/bookedbarber/bbctl

go 1.26.0
